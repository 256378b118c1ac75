import { ask } from '../api/client.js';
import { graphql, type ResultOf } from '../api/graphql.js';
import { may } from '../api/viewer.js';
import { announce } from './announce.js';
import { DeleteButton, focusMain } from './delete-button.js';
import { plural, series } from './figures.js';
import { Refused } from './states.js';
import { useAnswer } from './use-answer.js';

const Dependents = graphql(`
  query Dependents($id: ID!) {
    model(id: $id) {
      dependents {
        captions
        ratings
        embeddings
        evaluations
      }
    }
  }
`);
type Counts = NonNullable<ResultOf<typeof Dependents>['model']>['dependents'];

const Delete = graphql(`
  mutation DeleteModel($id: ID!) {
    deleteModel(input: { id: $id, confirm: true }) {
      id
    }
  }
`);

/** Nothing for a model that is in use or came with the program: the server deletes neither. */
export function DeleteModel({
  model,
  onDeleted,
}: {
  model: { readonly id: string; readonly name: string; readonly current: boolean; readonly shipped: boolean };
  onDeleted: () => void;
}) {
  const { id, name, current, shipped } = model;
  if (current || shipped || !may('TRAIN')) return null;
  const deleted = () => {
    announce(`The model ${name} is deleted.`);
    focusMain();
    onDeleted();
  };
  return (
    <DeleteButton
      label="Delete model"
      name={`Delete model: ${name}`}
      question={`Delete the model ${name}?`}
      work={async () => {
        await ask(Delete, { id });
      }}
      onDeleted={deleted}
    >
      <WhatGoes id={id} />
      <p>
        What people wrote stays, and so do the training that made it and the models that began from it. You can restore
        it from the trash, which is in the view of the data sets.
      </p>
    </DeleteButton>
  );
}

function WhatGoes({ id }: { id: string }) {
  const { data, error } = useAnswer(Dependents, { id });
  const counts = data?.model?.dependents;
  return (
    <>
      <p>
        {counts
          ? `Its file is deleted${madeBy(counts)}.`
          : 'Its file is deleted, with all that it wrote and what was measured of it.'}
      </p>
      <Refused error={error} />
    </>
  );
}

/** Such as ", with 38 captions and 2 evaluations". */
function madeBy({ captions, ratings, embeddings, evaluations }: Counts): string {
  const parts = [
    ...(captions > 0 ? [plural(captions, 'caption')] : []),
    ...(ratings > 0 ? [`${plural(ratings, 'rating')} of what it wrote`] : []),
    ...(embeddings > 0 ? [`what it computed of ${plural(embeddings, 'photo')} to search them`] : []),
    ...(evaluations > 0 ? [plural(evaluations, 'evaluation')] : []),
  ];
  return parts.length === 0 ? '' : `, with ${series(parts)}`;
}
