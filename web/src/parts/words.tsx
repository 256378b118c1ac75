/** A machine's caption word by word: how sure it was of each, and where it looked. */
import type { Signal } from '@preact/signals';
import { percent } from './figures.js';
import type { Written } from './photo-details.js';

interface WordsProps {
  readonly words: Written['words'];
  /** Index of the word whose attention is shown. */
  readonly looking: Signal<number | undefined>;
}

export function Words({ words, looking }: WordsProps) {
  const look = (index: number | undefined) => {
    looking.value = index;
  };
  const word = looking.value === undefined ? undefined : words[looking.value];
  return (
    <>
      <p
        class="caption"
        onMouseLeave={() => {
          look(undefined);
        }}
      >
        {words.map(({ word: text, probability }, index) => [
          index > 0 && ' ',
          <button
            key={index}
            type="button"
            class="word"
            style={{ '--sure': percent(probability).replace(' ', '') }}
            aria-label={`${text}, ${percent(probability)} sure`}
            onMouseEnter={() => {
              look(index);
            }}
            onFocus={() => {
              look(index);
            }}
            onClick={() => {
              look(index);
            }}
            onBlur={() => {
              look(undefined);
            }}
            onKeyDown={({ key }) => {
              if (key === 'Escape') look(undefined);
            }}
          >
            {text}
          </button>,
        ])}
      </p>
      <p class="readout small soft" aria-hidden="true">
        {word
          ? `${percent(word.probability)} sure of “${word.word}”. The photo is lit where the model looked.`
          : 'Point at a word, or tab to it, to see where the model looked.'}
      </p>
    </>
  );
}
