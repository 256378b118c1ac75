/** A photo with what was written about it, by people and by a machine, and what people can do about that. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { may } from '../api/viewer.js';
import { CandidateList } from './candidate-list.js';
import { CaptionEditor } from './caption-editor.js';
import { CopyButton } from './copy-button.js';
import { percent } from './figures.js';
import { Photo, type Picture } from './photo.js';
import { type Details, givenHere, type PersonCaption, type Written } from './photo-details.js';
import { RatingChoice } from './rating-choice.js';
import { Speaker } from './speaker.js';
import { Words } from './words.js';
import './plate.css';

interface PlateProps {
  readonly picture: Picture;
  readonly image: Details;
  /** Whose caption is shown; undefined where no model wrote one. */
  readonly written: Written | undefined;
  /** Has the photo read anew, after something was written. */
  readonly again: () => void;
  readonly children?: ComponentChildren;
}

export function Plate({ picture, image, written, again, children }: PlateProps) {
  const looking = useSignal<number | undefined>(undefined);
  const attention = looking.value === undefined ? undefined : written?.words[looking.value]?.attention;
  const given = givenHere(image.referenceCaptions);
  const inFile = !given && image.altText?.origin === 'FILE' ? image.altText.text : undefined;
  const text = given?.text ?? inFile ?? written?.text;
  return (
    <article class="plate" aria-label={picture.alt}>
      <Photo picture={picture} attention={attention} />
      <div class="plate-text">
        {given && <Given caption={given} />}
        {inFile !== undefined && (
          <section>
            <p class="label">The photo's file says</p>
            <p class="caption">{inFile}</p>
          </section>
        )}
        {written && (
          <section class={given || inFile !== undefined ? 'machine behind' : 'machine'}>
            <p class="label">
              {given || inFile !== undefined ? 'The machine wrote' : 'A machine wrote'} · {written.model.name},{' '}
              {percent(written.confidence)} sure
            </p>
            <Words words={written.words} looking={looking} />
          </section>
        )}
        {!written && !given && inFile === undefined && <p class="soft">No model has written about this photo yet.</p>}
        <CaptionEditor image={image} given={given} suggestion={text ?? ''} again={again}>
          {image.altText && <CopyButton text={image.altText.text} />}
          {image.altText && <Speaker text={image.altText.text} />}
        </CaptionEditor>
        {written && may('WRITE') && <RatingChoice caption={written} />}
        {written && may('WRITE') && may('CAPTION') && (
          <CandidateList image={image} modelId={written.model.id} replaces={given?.id} again={again} />
        )}
        {children}
      </div>
    </article>
  );
}

function Given({ caption }: { caption: PersonCaption }) {
  return (
    <section>
      <p class="label">{caption.origin === 'CHOICE' ? 'A machine wrote it, a person chose it' : 'A person wrote'}</p>
      <p class="caption">{caption.text}</p>
    </section>
  );
}
