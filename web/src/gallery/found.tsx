/** Above the grid: how many photos there are, how the search was understood, and what the photos are like. */
import { useEffect } from 'preact/hooks';
import { announce } from '../parts/announce.js';
import { altOf } from '../parts/card.js';
import { plural, series } from '../parts/figures.js';
import { thumbnail } from '../parts/photo-details.js';
import { withQuery } from '../parts/route.js';
import { useAnswer } from '../parts/use-answer.js';
import type { Understanding } from './entries.js';
import type { FeedState } from './feed.js';
import { countFilters, type Wish } from './filters.js';
import { Liked } from './operations.js';

const ORDERS = {
  HYBRID: 'by words and by sight, the best first',
  TEXT: 'by the words of captions, the best first',
  SEMANTIC: 'by what is to be seen, the best first',
} as const;

export function Found({ state, wanted }: { state: FeedState; wanted: Wish }) {
  const { total = 0, totalIsEstimate, understanding } = state;
  const isSearch = wanted.text !== '' || wanted.like !== undefined;
  const howMany = `${totalIsEstimate ? 'about ' : ''}${plural(total, 'photo')}`;
  const notes = understanding ? notesOn(understanding) : [];
  useEffect(() => {
    if (isSearch) announce([howMany, ...notes].join('. '));
  }, [howMany, notes.join(), isSearch]);
  return (
    <div class="found small">
      <p class="soft">
        {howMany}
        {understanding && `, ${ORDERS[understanding.mode]}`}
        {wanted.like !== undefined && ', the most similar first'}
        {countFilters(wanted.filter) > 0 && ', of those the filters leave'}
      </p>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {understanding && understanding.corrections.length > 0 && (
        <p>
          <a href={withQuery({ exact: 'yes' })}>Search for “{wanted.text}” as typed</a>
        </p>
      )}
      {understanding && wanted.exact && (
        <p>
          Searched as typed. <a href={withQuery({ exact: undefined })}>Correct misspelt words</a>
        </p>
      )}
    </div>
  );
}

function notesOn({ corrections, searchedText, unknownWords, notice }: Understanding): string[] {
  const replaced = corrections.map(({ word, replacement }) => `“${replacement}” is searched instead of “${word}”`);
  return [
    ...(replaced.length === 0
      ? []
      : [`Did you mean “${searchedText}”? No caption has what was typed, so ${series(replaced)}.`]),
    ...(unknownWords.length === 0 ? [] : [`No caption has ${unknownWords.map((word) => `“${word}”`).join(' or ')}.`]),
    ...(notice === null ? [] : [notice]),
  ];
}

/** The photo that the others are like. */
export function LikeWhat({ wanted: { like, example } }: { wanted: Wish }) {
  if (example)
    return (
      <Model
        src={example.src}
        alt="The photo you search by"
        text="Photos that look like yours. It was sent to be looked at, and not added."
      />
    );
  return like === undefined ? null : <LikedPhoto id={like} />;
}

function LikedPhoto({ id }: { id: string }) {
  const { data } = useAnswer(Liked, { id });
  const image = data?.image;
  return (
    <Model
      src={image ? thumbnail(image.url, 320) : undefined}
      alt={image ? altOf(image) : ''}
      text="Photos that look like this one."
    />
  );
}

function Model({ src, alt, text }: { src: string | undefined; alt: string; text: string }) {
  return (
    <div class="row like-what">
      <div class="like-photo">{src !== undefined && <img src={src} alt={alt} />}</div>
      <p>
        {text} <a href={withQuery({ like: undefined })}>All photos</a>
      </p>
    </div>
  );
}
