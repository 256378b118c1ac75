/** What the model in the making writes for the same few photos, epoch after epoch. */
import { useState } from 'preact/hooks';
import { thumbnail } from '../parts/photo-details.js';
import type { Epoch } from './operations.js';

export function Samples({ epochs }: { epochs: readonly Epoch[] }) {
  /** Undefined: the latest, whichever it is. */
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const latest = epochs.at(-1);
  if (!latest || latest.samples.length === 0) return null;
  const shown = epochs.find(({ epoch }) => epoch === chosen) ?? latest;
  return (
    <section class="samples" aria-labelledby="samples">
      <h2 id="samples">What it writes for the same {latest.samples.length} photos</h2>
      <label class="epoch-choice">
        <span>After epoch {shown.epoch}</span>
        <input
          type="range"
          min={1}
          max={latest.epoch}
          value={shown.epoch}
          onInput={({ currentTarget }) => {
            const epoch = Number(currentTarget.value);
            setChosen(epoch === latest.epoch ? undefined : epoch);
          }}
        />
      </label>
      <ul role="list">
        {shown.samples.map(({ imageName, caption, image }) => (
          <li key={imageName}>
            {image && (
              <a href={`/photos/${image.id}`}>
                <img
                  src={thumbnail(image.url, 320)}
                  alt={caption}
                  width={image.width}
                  height={image.height}
                  decoding="async"
                />
              </a>
            )}
            <p class="sentence">{caption}</p>
            <p class="small soft">{imageName}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
