/** Photos in, captions out. */
import { useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../api/client.js';
import { may } from '../api/viewer.js';
import { altOf } from '../parts/card.js';
import { percent } from '../parts/figures.js';
import { PhotoDetails } from '../parts/photo-details.js';
import { Photo, type Picture } from '../parts/photo.js';
import { Plate } from '../parts/plate.js';
import { Failure } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { DropArea } from './drop-area.js';
import { Latest } from './latest.js';
import { remove, retry, send, type Sending, sendings } from './sendings.js';
import './caption.css';

export function CaptionView() {
  return (
    <>
      {may('CAPTION') ? <DropArea onFiles={(files) => void send(files)} /> : <h1>Captions</h1>}
      {sendings.value.length === 0 ? (
        <Latest />
      ) : (
        <ol role="list" class="plates" aria-label="Photos you added">
          {sendings.value.map((sending) => (
            <SentPhoto key={sending.key} sending={sending} />
          ))}
        </ol>
      )}
    </>
  );
}

/** What stands in for a photo that the browser cannot show. */
const UNSEEN = { src: '/unseen.svg', width: 600, height: 400 };

function SentPhoto({ sending }: { sending: Sending }) {
  const item = useRef<HTMLLIElement>(null);
  const { preview, file } = sending;
  const progress = sending.progress.value;
  useEffect(() => {
    // The first of those that were just added is brought into sight.
    const isFirst = sendings
      .peek()
      .every(({ key, progress: { value } }) => key >= sending.key || value.step === 'done');
    if (isFirst) item.current?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }, [sending]);
  const picture = { ...(preview ?? UNSEEN), alt: file.name };
  return (
    <li ref={item}>
      {progress.step === 'done' ? (
        <Captioned
          imageId={progress.imageId}
          duplicate={progress.duplicate}
          picture={picture}
          isShown={preview !== undefined}
        />
      ) : (
        <article class="plate" aria-label={file.name}>
          <Photo picture={picture} />
          <div class="plate-text">
            <p class="label">{file.name}</p>
            <Step sending={sending} />
          </div>
        </article>
      )}
    </li>
  );
}

function Step({ sending }: { sending: Sending }) {
  const progress = sending.progress.value;
  switch (progress.step) {
    case 'failed':
      return (
        <>
          <p class="bad" role="alert">
            {messageOf(progress.error)}
          </p>
          <div class="row">
            <button
              type="button"
              onClick={() => {
                retry(sending);
              }}
            >
              Try again
            </button>
            <button
              type="button"
              class="plain"
              onClick={() => {
                remove(sending);
              }}
            >
              Remove
            </button>
          </div>
        </>
      );
    case 'sending':
      return (
        <>
          <progress value={progress.share} aria-label={`Sending ${sending.file.name}`} />
          <div class="row">
            <p class="soft">Sending, {percent(progress.share)}</p>
            <button
              type="button"
              class="plain"
              onClick={() => {
                remove(sending);
              }}
            >
              Cancel
            </button>
          </div>
        </>
      );
    default:
      return <p class="soft">{progress.step === 'waiting' ? 'Waiting for its turn' : 'The model is looking at it'}</p>;
  }
}

interface CaptionedProps {
  readonly imageId: string;
  readonly duplicate: boolean;
  readonly picture: Picture;
  /** The browser shows the photo itself. */
  readonly isShown: boolean;
}

function Captioned({ imageId, duplicate, picture, isShown }: CaptionedProps) {
  const { data, error, again } = useAnswer(PhotoDetails, { id: imageId });
  const written = data?.image?.generatedCaptions[0];
  if (!data?.image || !written) {
    return (
      <article class="plate" aria-label={picture.alt}>
        <Photo picture={picture} />
        <div class="plate-text">
          {error === undefined ? (
            <p class="soft">The caption is being fetched</p>
          ) : (
            <Failure error={error} again={again} />
          )}
        </div>
      </article>
    );
  }
  const { url, width, height } = data.image;
  const shown = isShown ? picture : { src: `${url}?width=640`, width, height };
  return (
    <Plate picture={{ ...shown, alt: altOf(data.image) }} image={data.image} written={written} again={again}>
      <p class="small soft">
        {duplicate && 'This very photo was in the collection before. '}
        <a href={`/photos/${imageId}`}>Open in Photos</a> · <a href={`/photos?like=${imageId}`}>More like this</a>
      </p>
    </Plate>
  );
}
