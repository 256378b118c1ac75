/** The data sets of the collection: what they hold, renamed and deleted. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api/client.js';
import { may } from '../api/viewer.js';
import { announce } from '../parts/announce.js';
import { count, when } from '../parts/figures.js';
import { LibraryList } from '../libraries/library-list.js';
import { Empty, Failure, Loading, Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { DeleteDataset } from './delete-dataset.js';
import { type Dataset, DatasetList, isDrawn, Rename } from './operations.js';
import { TrashList } from './trash-list.js';
import './datasets.css';

export function DatasetsView() {
  const { data, error, again } = useAnswer(DatasetList, {});
  const [changes, setChanges] = useState(0);
  const changed = () => {
    again();
    setChanges((before) => before + 1);
  };
  if (!data)
    return error === undefined ? <Loading what="Fetching the data sets" /> : <Failure error={error} again={again} />;
  return (
    <>
      <h1>Data sets and libraries</h1>
      {data.datasets.length === 0 ? (
        <NoDatasets />
      ) : (
        <ul role="list" class="datasets">
          {data.datasets.map((dataset) => (
            <li key={dataset.id}>
              <Item dataset={dataset} again={again} />
            </li>
          ))}
        </ul>
      )}
      <LibraryList key={`libraries ${changes}`} onRemoved={changed} />
      {/* What is deleted above appears here. */}
      {may('WRITE') && <TrashList key={`trash ${changes} ${data.datasets.length}`} onRestored={changed} />}
    </>
  );
}

function NoDatasets() {
  return (
    <Empty title="There is no data set yet">
      <p>
        A data set is a folder of photos with their captions. Import one with <code>npx ekphrasis import DIR</code>;
        unless the server uses PostgreSQL, stop it meanwhile.
      </p>
    </Empty>
  );
}

function Item({ dataset, again }: { dataset: Dataset; again: () => void }) {
  const { id, name, origin, format, language, importedAt, imageCount, captionCount, splits } = dataset;
  const isRenaming = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasRenaming = useRef(false);
  useEffect(() => {
    if (wasRenaming.current && !isRenaming.value) button.current?.focus();
    wasRenaming.current = isRenaming.value;
  }, [isRenaming.value]);
  const inNoSplit = imageCount - splits.train - splits.dev - splits.test;
  const figures = {
    Photos: imageCount,
    Captions: captionCount,
    Train: splits.train,
    Dev: splits.dev,
    Test: splits.test,
    ...(inNoSplit > 0 && { 'No split': inNoSplit }),
  };
  return (
    <article aria-label={name}>
      {isRenaming.value ? (
        <NameForm
          dataset={dataset}
          again={again}
          close={() => {
            isRenaming.value = false;
          }}
        />
      ) : (
        <h2>
          <a href={`/photos?dataset=${id}`}>{name}</a>
        </h2>
      )}
      <p class="small soft">
        {isDrawn(dataset) ? 'Drawn by the program' : `From ${origin}, in the format ${format}`}, captions in{' '}
        {languageName(language)}, {importedAt === null ? 'its import is not done' : `imported ${when(importedAt)}`}
      </p>
      <dl>
        {Object.entries(figures).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
      {may('WRITE') && (
        <div class="row flush">
          <button
            ref={button}
            type="button"
            class="plain"
            aria-label={`Rename ${name}`}
            disabled={isRenaming.value}
            onClick={() => {
              isRenaming.value = true;
            }}
          >
            Rename
          </button>
          <DeleteDataset dataset={dataset} onDeleted={again} />
        </div>
      )}
    </article>
  );
}

function NameForm({ dataset: { id, name }, again, close }: { dataset: Dataset; again: () => void; close: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const { busy, error, run } = useAction();
  useEffect(() => {
    input.current?.select();
  }, []);
  const rename = (wish: string) =>
    run(async () => {
      await ask(Rename, { id, name: wish });
      announce(`The data set is called ${wish} now.`);
      close();
      again();
    });
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        void rename(input.current?.value.trim() ?? '');
      }}
      onKeyDown={({ key }) => {
        if (key === 'Escape') close();
      }}
    >
      <label>
        <span>Name of the data set</span>
        <input ref={input} defaultValue={name} maxLength={200} required autocomplete="off" />
      </label>
      <button type="submit" class="main" disabled={busy.value}>
        Keep
      </button>
      <button type="button" onClick={close}>
        Cancel
      </button>
      <Refused error={error.value} />
    </form>
  );
}

const languages = new Intl.DisplayNames('en', { type: 'language' });

/** @param tag a BCP 47 tag; shown as it is where it has no name */
function languageName(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
