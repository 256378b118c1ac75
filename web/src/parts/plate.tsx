/** A photo with its caption: the words, how sure the model was of each, and where it looked. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { paintAttention } from './attention.js';
import { percent } from './figures.js';
import { sureness, type Written } from './photo-details.js';
import { Speaker } from './speaker.js';
import { CopyButton } from './copy-button.js';
import './plate.css';

export interface Picture {
  readonly src: string;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

/** @param attention of the word that is looked at: [7 * 7] */
export function Photo({ picture, attention }: { picture: Picture; attention?: readonly number[] | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current && attention) paintAttention(canvas.current, attention);
  }, [attention]);
  const { src, width, height, alt } = picture;
  // As large as the photo is, but never taller than the window: the width follows from the height that is allowed.
  return (
    <div class="photo" style={{ '--ratio': width / height, '--natural': `${width}px` }}>
      <img src={src} width={width} height={height} alt={alt} decoding="async" />
      <canvas ref={canvas} class={attention ? 'attention shown' : 'attention'} aria-hidden="true" />
    </div>
  );
}

/** @param children more to do with the photo */
export function Plate({ picture, written, children }: { picture: Picture; written: Written; children?: ComponentChildren }) {
  const looking = useSignal<number | undefined>(undefined);
  const word = looking.value === undefined ? undefined : written.words[looking.value];
  return (
    <article class="plate" aria-label={picture.alt}>
      <Photo picture={picture} attention={word?.attention} />
      <div class="plate-text">
        <p class="caption" onMouseLeave={() => { looking.value = undefined; }}>
          {written.words.map(({ word: text, probability }, index) => (
            <>
              <button
                key={index}
                type="button"
                class="word"
                style={{ '--sure': `${probability * 100}%` }}
                aria-label={`${text}, ${percent(probability)} sure`}
                onMouseEnter={() => { looking.value = index; }}
                onFocus={() => { looking.value = index; }}
                onBlur={() => { looking.value = undefined; }}
                onKeyDown={(event) => { if (event.key === 'Escape') looking.value = undefined; }}
              >
                {text}
              </button>{' '}
            </>
          ))}
        </p>
        <p class="readout small soft" aria-hidden="true">
          {word ? `“${word.word}”: ${percent(word.probability)} sure. It looked where the photo is lit.` : 'Point at a word, or tab through them, to see where the model looked.'}
        </p>
        <p class="small">
          Written by a machine, the model {written.model.name}, {percent(sureness(written.words))} sure a word.
        </p>
        <div class="row">
          <CopyButton text={written.text} />
          <Speaker text={written.text} />
        </div>
        {children}
      </div>
    </article>
  );
}
