/** Below a photo that was found: why it is there. */
import { type Card, captionOf, confidenceOf } from '../parts/card.js';
import { percent } from '../parts/figures.js';
import { MachineNote } from '../parts/machine-note.js';
import type { Entry, Reason } from './entries.js';

/** In lines of 1.5 rem; every reason of a list takes as much room. */
export function linesOf({ reason }: Entry): number {
  if (!reason) return 0;
  return reason.kind === 'hit' ? 3 : 1;
}

export function Why({ reason, card }: { reason: Reason; card: Card }) {
  if (reason.kind === 'likeness') {
    const { similarity, nearDuplicate } = reason;
    return (
      <p class="why signals">
        {percent(Math.max(0, similarity))} alike
        {nearDuplicate && (
          <>
            , <strong>much the same picture</strong>
          </>
        )}
      </p>
    );
  }
  return (
    <>
      <p class="why sentence">
        {reason.parts.length === 0
          ? captionOf(card).text
          : reason.parts.map(({ text, matches }, index) => (matches ? <mark key={index}>{text}</mark> : text))}{' '}
        <MachineNote confidence={confidenceOfShown(reason, card)} />
      </p>
      <p class="why signals">{nameSignals(reason.signals)}</p>
    </>
  );
}

function confidenceOfShown({ parts, origin }: Extract<Reason, { kind: 'hit' }>, card: Card): number | undefined {
  if (parts.length === 0) return captionOf(card).confidence;
  return origin === 'GENERATED'
    ? confidenceOf(card.generatedCaptions, parts.map(({ text }) => text).join(''))
    : undefined;
}

/** Such as "words, sight 0.31". */
function nameSignals(signals: Extract<Reason, { kind: 'hit' }>['signals']): string {
  return signals.map(({ signal, score }) => (signal === 'WORDS' ? 'words' : `sight ${score.toFixed(2)}`)).join(', ');
}
