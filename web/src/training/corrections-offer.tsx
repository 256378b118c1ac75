/** Offers to teach the captioner what people corrected, once they have corrected enough. */
import { ask } from '../api/client.js';
import { go } from '../parts/route.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { Corrections, Start } from './operations.js';

export function CorrectionsOffer() {
  const { busy, error, run } = useAction();
  const { data } = useAnswer(Corrections, {});
  const counted = data?.corrections;
  if (counted === undefined || counted.photos === 0) return null;
  const { photos, sinceModel, needed, offered } = counted;
  const onClick = () =>
    void run(async () => {
      const { startTraining } = await ask(Start, { input: { task: 'CORRECTIONS' } });
      go(`/training/${startTraining.id}`);
    });
  return (
    <section>
      {offered ? (
        <>
          <p>
            {sinceModel} photos were corrected since the captioner was made. It can learn from them in a few minutes;
            whether the new one is used is up to you.
          </p>
          <button type="button" disabled={busy.value} onClick={onClick}>
            Learn the corrections
          </button>
          <Refused error={error.value} />
        </>
      ) : (
        <p>
          {sinceModel} of {photos} corrected photos are new to the captioner. From {needed} new ones on it can learn
          from them.
        </p>
      )}
    </section>
  );
}
