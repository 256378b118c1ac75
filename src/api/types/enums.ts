/** Enumerations of the API. The program's own lower-case names stay inside. */
import { registerEnumType } from 'type-graphql';
import { ARCHITECTURES, type Architecture as ArchitectureName } from '../../captioner/decoders/all.js';
import { JOB_KINDS } from '../../jobs/kinds/all.js';
import { FIGURES, METRICS } from '../../metrics/all.js';
import { CELLS, type CellName } from '../../tensors/layers.js';

export const Split = { TRAIN: 'train', DEV: 'dev', TEST: 'test' } as const;
registerEnumType(Split, { name: 'Split', description: 'Which part of a data set a photo belongs to.' });

export const TrainingState = {
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  PAUSED: 'PAUSED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
registerEnumType(TrainingState, {
  name: 'TrainingState',
  valuesConfig: {
    QUEUED: { description: 'It waits for its turn.' },
    PAUSED: { description: 'It waits for resumeTraining.' },
    SUCCEEDED: { description: 'Its best epoch has become a model.' },
    FAILED: { description: '`error` says why. When the reason is gone, resumeTraining goes on after the last finished epoch.' },
  },
});

export const JobKind = enumOf(JOB_KINDS.map(({ kind }) => kind));
registerEnumType(JobKind, {
  name: 'JobKind',
  description: 'What a job over the collection does. Trainings are jobs of their own.',
  valuesConfig: Object.fromEntries(JOB_KINDS.map(({ kind, description }) => [enumName(kind), { description }])),
});

export const JobState = {
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
registerEnumType(JobState, {
  name: 'JobState',
  valuesConfig: {
    QUEUED: { description: 'It waits for a worker.' },
    FAILED: { description: '`error` says why; retryJob has what failed done again.' },
  },
});

export const Engine = { ONNX: 'onnx', TENSORFLOW: 'tensorflow' } as const;
registerEnumType(Engine, { name: 'TrainingEngine', description: 'What computes a training.' });

export const Device = { AUTO: 'auto', CPU: 'cpu', CUDA: 'cuda', WEBGPU: 'webgpu' } as const;
registerEnumType(Device, {
  name: 'TrainingDevice',
  valuesConfig: { AUTO: { description: 'CUDA where it works, else the CPU.' } },
});

/** GraphQL's names of those in lower case with hyphens and in camel case: show-and-tell is SHOW_AND_TELL, bleu4 is BLEU_4. */
function enumOf<Name extends string>(names: readonly Name[]): Readonly<Record<string, Name>> {
  return Object.fromEntries(names.map((name) => [enumName(name), name]));
}

function enumName(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z\d])|-/g, '_').toUpperCase();
}

export const Architecture = enumOf<ArchitectureName>(ARCHITECTURES);
registerEnumType(Architecture, {
  name: 'CaptionerArchitecture',
  description: 'The network of a captioner.',
  valuesConfig: {
    ATTENTION: { description: 'It looks at parts of the photo for every word (Xu et al. 2015).' },
    SHOW_AND_TELL: { description: 'The photo is its first word (Vinyals et al. 2015).' },
    MERGE: { description: 'It reads words alone, and the photo is added before the next word is chosen (Tanti et al. 2017).' },
  },
});

export const Cell = enumOf<CellName>(CELLS);
registerEnumType(Cell, { name: 'RecurrentCell', description: 'The recurrent layer of a captioner.' });

export const Objective = { CROSS_ENTROPY: 'CROSS_ENTROPY', SELF_CRITICAL: 'SELF_CRITICAL' } as const;
registerEnumType(Objective, {
  name: 'TrainingObjective',
  description: 'What a phase of a training learns by.',
  valuesConfig: {
    CROSS_ENTROPY: { description: 'The next word, as people wrote it.' },
    SELF_CRITICAL: { description: 'What captions drawn from the model are worth beside each other, by CIDEr-D against what people wrote.' },
  },
});

export const CaptionOrigin = { REFERENCE: 'reference', GENERATED: 'generated' } as const;
registerEnumType(CaptionOrigin, {
  name: 'CaptionOrigin',
  valuesConfig: {
    REFERENCE: { description: 'A person wrote or chose it, or a data set has it.' },
    GENERATED: { description: 'A model wrote it.' },
  },
});

export const ReferenceOrigin = { DATASET: 'dataset', PERSON: 'person', CHOICE: 'choice' } as const;
registerEnumType(ReferenceOrigin, {
  name: 'ReferenceOrigin',
  valuesConfig: {
    DATASET: { description: 'It came with a data set.' },
    PERSON: { description: 'A person wrote it here: correctCaption.' },
    CHOICE: { description: 'A model wrote it and a person chose it: chooseCaption.' },
  },
});

export const ReportOrigin = { EVALUATION: 'evaluation', TRAINING: 'training' } as const;
registerEnumType(ReportOrigin, {
  name: 'ReportOrigin',
  valuesConfig: {
    EVALUATION: { description: 'The split was captioned and measured with the finished model: beam 5.' },
    TRAINING: { description: "Measured on the dev split after the model's epoch, while it was trained: beam 3." },
  },
});

export const SearchMode = { HYBRID: 'hybrid', TEXT: 'text', SEMANTIC: 'semantic' } as const;
registerEnumType(SearchMode, {
  name: 'SearchMode',
  valuesConfig: {
    HYBRID: { description: 'By both; by words alone where there is no search model.' },
    TEXT: { description: 'By the words of captions.' },
    SEMANTIC: { description: 'By the likeness of photo and text, as a search model learned it.' },
  },
});

export const SearchSignal = { WORDS: 'words', SEMANTIC: 'semantic' } as const;
registerEnumType(SearchSignal, { name: 'SearchSignal', description: 'What finds photos.' });

export const ModelTask = { CAPTION: 'CAPTION', SEARCH: 'SEARCH' } as const;
registerEnumType(ModelTask, {
  name: 'ModelTask',
  valuesConfig: {
    CAPTION: { description: 'It writes captions.' },
    SEARCH: { description: 'It sets sentences beside photos, so that photos are found by what they show.' },
  },
});

export const ModelUse = { NEVER: 'NEVER', BETTER: 'BETTER', ALWAYS: 'ALWAYS' } as const;
registerEnumType(ModelUse, {
  name: 'ModelUse',
  description: 'When a model that was trained takes the place of the one in use.',
  valuesConfig: {
    NEVER: { description: 'A person chooses it with useModel, or it is not used.' },
    BETTER: { description: 'When CIDEr-D, or the recall of a search model, is higher on the same held-out photos, and that is hardly chance: p below 0.05 in the paired bootstrap test.' },
    ALWAYS: { description: 'However good it is.' },
  },
});

export const Metric = enumOf(FIGURES.map(({ key }) => key));
registerEnumType(Metric, { name: 'Metric', valuesConfig: Object.fromEntries(FIGURES.map(({ key, description }) => [enumName(key), { description }])) });

/** The metrics that judge a single caption, each by the key of that figure. */
const rankings = METRICS.flatMap(({ key, figures }) => figures.flatMap((figure) => (figure.caption ? [{ name: enumName(key), figure }] : [])));
export const CaptionRanking = Object.fromEntries(rankings.map(({ name, figure }) => [name, figure.key]));
registerEnumType(CaptionRanking, {
  name: 'CaptionRanking',
  description: 'What captions are ordered by.',
  valuesConfig: Object.fromEntries(rankings.map(({ name, figure: { description } }) => [name, { description }])),
});
