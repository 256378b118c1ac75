import { ask } from '../api/client.js';
import type { VariablesOf } from '../api/graphql.js';
import { Datasets, DatasetSelect } from '../parts/dataset-select.js';
import { go } from '../parts/route.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { Bases, Start } from './operations.js';

type Input = VariablesOf<typeof Start>['input'];

const TASKS = ['CAPTION', 'SEARCH'] as const;
const USES = ['NEVER', 'BETTER', 'ALWAYS'] as const;
const ENGINES = ['ONNX', 'TENSORFLOW'] as const;
const DEVICES = ['AUTO', 'CPU', 'CUDA', 'WEBGPU'] as const;

export function StartForm() {
  const { busy, error, run } = useAction();
  const bases = useAnswer(Bases, {});
  const datasets = useAnswer(Datasets, {});
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    void run(async () => {
      const { startTraining } = await ask(Start, { input: inputOf(form) });
      go(`/training/${startTraining.id}`);
    });
  };
  return (
    <form class="start" onSubmit={onSubmit}>
      <label>
        <span>What for</span>
        <select name="task">
          <option value="CAPTION">Writing captions</option>
          <option value="SEARCH">Searching by what is to be seen</option>
        </select>
      </label>
      <DatasetSelect name="dataset" any="All data sets" datasets={datasets.data?.datasets} />
      <label>
        <span>Epochs</span>
        <input name="epochs" type="number" min={0} max={500} placeholder="20, for searching 30" />
      </label>
      <label>
        <span>Then self-critical epochs</span>
        <input name="selfCritical" type="number" min={1} max={500} placeholder="None" />
      </label>
      <label>
        <span>Engine</span>
        <select name="engine">
          <option value="">The server’s</option>
          {ENGINES.map((name) => (
            <option key={name} value={name}>
              {name === 'ONNX' ? 'ONNX Runtime' : 'TensorFlow.js'}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Device</span>
        <select name="device">
          <option value="">The server’s</option>
          {DEVICES.map((name) => (
            <option key={name} value={name}>
              {name === 'AUTO' ? 'CUDA if it works' : name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Seed</span>
        <input name="seed" type="number" min={0} max={2147483647} defaultValue="1" required />
      </label>
      <label>
        <span>Begin from</span>
        <select name="fromModelId">
          <option value="">Nothing</option>
          {bases.data?.models.edges.map(({ node: { id, name } }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Epochs without gain to stop at</span>
        <input name="patience" type="number" min={1} max={500} placeholder="Never" />
      </label>
      <label>
        <span>Use the model</span>
        <select name="use">
          <option value="NEVER">When I say so</option>
          <option value="BETTER">If it is better</option>
          <option value="ALWAYS">Always</option>
        </select>
      </label>
      <label>
        <span>Name of the model</span>
        <input name="name" placeholder="The time" autocomplete="off" />
      </label>
      <button type="submit" class="main" disabled={busy.value}>
        Start training
      </button>
      <Refused error={error.value} />
    </form>
  );
}

function inputOf(form: FormData): Input {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const numberOf = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  return {
    task: TASKS.find((name) => name === text('task')),
    dataset: text('dataset'),
    ...lengthOf(numberOf('epochs'), numberOf('selfCritical')),
    engine: ENGINES.find((name) => name === text('engine')),
    device: DEVICES.find((name) => name === text('device')),
    seed: numberOf('seed'),
    fromModelId: text('fromModelId'),
    use: USES.find((name) => name === text('use')),
    patience: numberOf('patience'),
    name: text('name'),
  };
}

/** Without a second phase the epochs are the whole; 0 of them begin with the second at once. */
function lengthOf(epochs: number | undefined, selfCritical: number | undefined): Pick<Input, 'epochs' | 'phases'> {
  if (selfCritical === undefined) return { epochs };
  const second = { objective: 'SELF_CRITICAL', epochs: selfCritical } as const;
  return { phases: epochs === 0 ? [second] : [{ objective: 'CROSS_ENTROPY', epochs: epochs ?? 20 }, second] };
}
