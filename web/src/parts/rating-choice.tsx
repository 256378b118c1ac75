import { useSignal } from '@preact/signals';
import { ask, messageOf } from '../api/client.js';
import { graphql } from '../api/graphql.js';
import { announce } from './announce.js';
import { plural } from './figures.js';
import type { Written } from './photo-details.js';

const Rate = graphql(`
  mutation Rate($captionId: ID!, $rating: Int!, $replaces: ID) {
    rateCaption(input: { captionId: $captionId, rating: $rating, replaces: $replaces }) {
      id
    }
  }
`);

const RATINGS = [1, 2, 3, 4, 5] as const;
const NAMES = ['Wrong', 'Poor', 'Fair', 'Good', 'Right'] as const;

/** What was rated on this page, by caption, so that a change of mind does not count twice. */
const rated = new Map<string, { readonly id: string; readonly rating: number }>();

export function RatingChoice({ caption: { id, rating: others } }: { caption: Written }) {
  const mine = useSignal(rated.get(id)?.rating);
  const note = useSignal<string | undefined>(undefined);
  const rate = async (rating: number) => {
    mine.value = rating;
    try {
      const { rateCaption } = await ask(Rate, { captionId: id, rating, replaces: rated.get(id)?.id ?? null });
      rated.set(id, { id: rateCaption.id, rating });
      announce(`Rated ${rating} of 5.`);
      note.value = 'Noted, thank you';
    } catch (error) {
      note.value = messageOf(error);
    }
  };
  const before = others ? `${plural(others.count, 'rating')}, ${others.mean.toFixed(1)} on average` : 'Not rated yet';
  return (
    <fieldset class="rating">
      <legend>How well does the machine’s caption fit?</legend>
      <div class="scale">
        {RATINGS.map((rating) => (
          <label key={rating} title={NAMES[rating - 1]}>
            <input
              type="radio"
              name={`rating-${id}`}
              value={rating}
              aria-label={`${rating}, ${NAMES[rating - 1] ?? ''}`}
              checked={mine.value === rating}
              onChange={() => void rate(rating)}
            />
            <span>{rating}</span>
          </label>
        ))}
      </div>
      <p class="small soft">{note.value ?? before}</p>
    </fieldset>
  );
}
