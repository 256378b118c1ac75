/** Other captions that the model considered. */
import { useSignal } from '@preact/signals';
import { ask } from '../api/client.js';
import { graphql } from '../api/graphql.js';
import { announce } from './announce.js';
import { percent } from './figures.js';
import type { Details } from './photo-details.js';
import { Failure, Refused } from './states.js';
import { useAction } from './use-action.js';
import { useAnswer } from './use-answer.js';

const Candidates = graphql(`
  query Candidates($imageId: ID!, $modelId: ID!) {
    image(id: $imageId) {
      candidates(first: 5, modelId: $modelId) {
        text
        confidence
      }
    }
  }
`);

const Choose = graphql(`
  mutation Choose($imageId: ID!, $text: String!, $modelId: ID!, $replaces: ID) {
    chooseCaption(input: { imageId: $imageId, text: $text, modelId: $modelId, replaces: $replaces }) {
      id
    }
  }
`);

interface ListProps {
  readonly image: Details;
  readonly modelId: string;
  /** Of what a person gave here before. */
  readonly replaces: string | undefined;
  readonly again: () => void;
}

export function CandidateList(props: ListProps) {
  const open = useSignal(false);
  return (
    <details
      class="candidates"
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open;
      }}
    >
      <summary>Other wordings of the model</summary>
      {open.value && <Choices {...props} />}
    </details>
  );
}

function Choices({ image, modelId, replaces, again }: ListProps) {
  const { data, error, again: retry } = useAnswer(Candidates, { imageId: image.id, modelId });
  const choice = useAction();
  const choose = (text: string) =>
    choice.run(async () => {
      await ask(Choose, { imageId: image.id, text, modelId, replaces: replaces ?? null });
      announce('Chosen.');
      again();
    });
  if (error !== undefined) return <Failure error={error} again={retry} />;
  const candidates = data?.image?.candidates;
  return (
    <>
      <ul role="list">
        {candidates?.map(({ text, confidence }) => {
          const isChosen = image.referenceCaptions.some((caption) => caption.id === replaces && caption.text === text);
          return (
            <li key={text}>
              <button type="button" class="plain candidate" aria-pressed={isChosen} onClick={() => void choose(text)}>
                <span class="sentence">{text}</span>{' '}
                <span class="small soft">{isChosen ? 'chosen' : `${percent(confidence)} sure`}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {!candidates && <p class="soft small">The model is writing</p>}
      <Refused error={choice.error.value} />
    </>
  );
}
