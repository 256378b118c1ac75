/** The captions that were measured best and worst, beside what people wrote. */
import { useSignal } from '@preact/signals';
import { thumbnail } from '../parts/photo-details.js';
import { Failure, Loading } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { type Asked, type Extreme, Extremes, type Measured } from './operations.js';

const SHOWN = 6;

interface ExtremesProps {
  /** The first decides what is best and worst. */
  readonly models: readonly Measured['model'][];
  readonly asked: Asked;
  /** Whose photos the first was measured on, in words. */
  readonly measuredOn: string;
}

export function ExtremesList({ models, asked, measuredOn }: ExtremesProps) {
  const worstFirst = useSignal(false);
  const [first] = models;
  if (!first) return null;
  return (
    <section class="extremes" aria-labelledby="extremes">
      <div class="row">
        <h2 id="extremes">
          Photos of {measuredOn} by CIDEr-D of {first.name}
        </h2>
        <fieldset class="row">
          <legend class="unseen">Which photos</legend>
          {[false, true].map((worst) => (
            <label key={String(worst)} class="row">
              <input
                type="radio"
                name="extremes"
                checked={worstFirst.value === worst}
                onChange={() => {
                  worstFirst.value = worst;
                }}
              />
              {worst ? 'Worst' : 'Best'}
            </label>
          ))}
        </fieldset>
      </div>
      <List
        key={`${first.id} ${String(worstFirst.value)}`}
        models={models}
        asked={asked}
        modelId={first.id}
        worstFirst={worstFirst.value}
      />
    </section>
  );
}

function List({
  models,
  asked,
  modelId,
  worstFirst,
}: Omit<ExtremesProps, 'measuredOn'> & { modelId: string; worstFirst: boolean }) {
  const { data, error, again } = useAnswer(Extremes, { modelId, ...asked, first: SHOWN, after: null, worstFirst });
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (!data)
    return (
      <div class="extremes-space">
        <Loading what="Fetching captions" />
      </div>
    );
  const shown = data.bleuReport.captions.edges.map(({ node }) => node);
  if (shown.length === 0)
    return <p class="soft">Single captions are kept since a newer version. Measure again to see them.</p>;
  return (
    <ul role="list">
      {shown.map((extreme) => (
        <Item key={extreme.image.id} extreme={extreme} models={models} />
      ))}
    </ul>
  );
}

function Item({ extreme: { image, text, cider }, models }: { extreme: Extreme; models: readonly Measured['model'][] }) {
  const [first, ...others] = models;
  return (
    <li>
      <a href={`/photos/${image.id}`}>
        <img
          src={thumbnail(image.url, 320)}
          alt={text}
          width={image.width}
          height={image.height}
          loading="lazy"
          decoding="async"
        />
      </a>
      <dl>
        <dt>
          {first?.name}, CIDEr-D {cider.toFixed(2)}
        </dt>
        <dd class="sentence">{text}</dd>
        {others.map(({ id, name }) => {
          const other = image.generatedCaptions.find(({ model }) => model.id === id);
          return (
            other && [
              <dt key={`${id} name`}>{name}</dt>,
              <dd key={id} class="sentence">
                {other.text}
              </dd>,
            ]
          );
        })}
        <dt>People</dt>
        {image.referenceCaptions.map(({ id, text: reference }) => (
          <dd key={id} class="sentence person">
            {reference}
          </dd>
        ))}
      </dl>
    </li>
  );
}
