/** One photo, large, over the grid, which stays where it was. */
import { useEffect, useRef } from 'preact/hooks';
import { altOf } from '../parts/card.js';
import { count, plural, series, when } from '../parts/figures.js';
import { type Details, PhotoDetails, thumbnail } from '../parts/photo-details.js';
import { Plate } from '../parts/plate.js';
import { go } from '../parts/route.js';
import { DeletePhotos } from './delete-photos.js';
import { Failure, Loading } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';

/** @param shown ids of the photos of the grid, for those before and behind */
export function PhotoDialog({
  id,
  shown,
  onDeleted,
}: {
  id: string;
  shown: readonly string[];
  onDeleted: (imageIds: ReadonlySet<string>) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { data, error, again } = useAnswer(PhotoDetails, { id });
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  // Closing it gives the focus back to the photo it was opened from.
  const close = () => {
    dialog.current?.close();
  };
  const step = (offset: number) => {
    const place = shown.indexOf(id);
    const next = place < 0 ? undefined : shown[place + offset];
    if (next !== undefined) go(`/photos/${next}${location.search}`, { replace: true });
  };
  const onKeyDown = ({ key, target }: KeyboardEvent) => {
    if (target instanceof HTMLElement && target.closest('input, textarea') !== null) return;
    if (key === 'ArrowRight') step(1);
    if (key === 'ArrowLeft') step(-1);
  };
  const image = data?.image?.id === id ? data.image : undefined;
  return (
    <dialog
      ref={dialog}
      class="photo-dialog"
      aria-label="Photo"
      onClose={() => {
        go(`/photos${location.search}`);
      }}
      onKeyDown={onKeyDown}
    >
      <div class="row dialog-bar">
        <button
          type="button"
          class="plain"
          onClick={() => {
            step(-1);
          }}
          disabled={shown.indexOf(id) <= 0}
        >
          Previous
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => {
            step(1);
          }}
          disabled={shown.indexOf(id) === shown.length - 1}
        >
          Next
        </button>
        <button type="button" class="plain close" onClick={close}>
          Close
        </button>
      </div>
      {image && (
        <Shown
          image={image}
          again={again}
          onDeleted={() => {
            close();
            onDeleted(new Set([id]));
          }}
        />
      )}
      {!image && error !== undefined && <Failure error={error} again={again} />}
      {!image && error === undefined && <Loading what="Fetching the photo" />}
    </dialog>
  );
}

/** Browsers show these themselves. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']);

function Shown({ image, again, onDeleted }: { image: Details; again: () => void; onDeleted: () => void }) {
  const src = SHOWN.has(image.mediaType) ? image.url : thumbnail(image.url, 2560);
  const picture = { src, width: image.width, height: image.height, alt: altOf(image) };
  return (
    <Plate key={image.id} picture={picture} image={image} written={image.generatedCaptions[0]} again={again}>
      <Facts image={image} />
      <div class="flush">
        <DeletePhotos imageIds={new Set([image.id])} onDeleted={onDeleted}>
          <WhatGoes image={image} />
        </DeletePhotos>
      </div>
    </Plate>
  );
}

/** Such as "5 captions of people and data sets, 1 caption of a model". */
function WhatGoes({ image: { dataset, referenceCaptions, generatedCaptions } }: { image: Details }) {
  const ratings = generatedCaptions.reduce((sum, { rating }) => sum + (rating?.count ?? 0), 0);
  const parts = [
    ...(referenceCaptions.length > 0 ? [`${plural(referenceCaptions.length, 'caption')} of people and data sets`] : []),
    ...(generatedCaptions.length > 0 ? [`${plural(generatedCaptions.length, 'caption')} of models`] : []),
    ...(ratings > 0 ? [plural(ratings, 'rating')] : []),
    'what was computed of it',
    'its small copies',
  ];
  return (
    <>
      <p>With it go {series(parts)}.</p>
      {dataset !== null && (
        <p>Importing {dataset} again brings back the photo with its captions there, and nothing else.</p>
      )}
    </>
  );
}

function Facts({ image }: { image: Details }) {
  const { name, width, height, byteSize, createdAt, dataset, split } = image;
  const ofDataset = image.referenceCaptions.filter(({ origin }) => origin === 'DATASET');
  return (
    <>
      {ofDataset.length > 0 && (
        <section class="people">
          <h2>What people wrote in {dataset}</h2>
          <ul role="list" class="sentence">
            {ofDataset.map(({ id, text }) => (
              <li key={id}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      <p>
        <a href={`/photos?like=${image.id}`}>More like this</a>
      </p>
      <p class="small soft">
        {name}, {width} × {height}, {count(Math.ceil(byteSize / 1024))} kB
        {dataset !== null && `, from ${dataset}`}
        {split !== null && ` (${split.toLowerCase()})`}, added {when(createdAt)}
      </p>
      {image.files.map(({ path, missing, library }) => (
        <p key={`${library.name} ${path}`} class="small soft">
          In the library {library.name}: {path}
          {missing && ' (missing)'}
        </p>
      ))}
      {!SHOWN.has(image.mediaType) && (
        <p class="small">
          <a href={image.url} download={name}>
            Download the original
          </a>
        </p>
      )}
    </>
  );
}
