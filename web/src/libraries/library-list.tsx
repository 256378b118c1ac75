/** Folders whose photos stay where they are: what is there, what is missing, scanned, added and removed. */
import { useSignal } from '@preact/signals';
import { ask } from '../api/client.js';
import { may } from '../api/viewer.js';
import { announce } from '../parts/announce.js';
import { count, plural, series, when } from '../parts/figures.js';
import { Failure, Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { AddLibraryForm } from './add-library.js';
import { useJob } from './follow-job.js';
import { type FollowedJob, type Library, LibraryList as Libraries, ScanLibrary } from './operations.js';
import { AdoptButton } from './adopt-captions.js';
import { WriteButton } from './write-captions.js';
import { RemoveButton } from './remove-library.js';

export function LibraryList({ onRemoved }: { onRemoved: () => void }) {
  const { data, error, again } = useAnswer(Libraries, {});
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (!data || (data.libraries.length === 0 && !may('WRITE'))) return null;
  return (
    <section aria-labelledby="libraries">
      <h2 id="libraries">Libraries</h2>
      <p class="small soft">A library is a folder on the server. Its photos stay where they are.</p>
      {data.libraries.length > 0 && (
        <ul role="list" class="datasets">
          {data.libraries.map((library) => (
            <li key={library.id}>
              <Item
                library={library}
                again={again}
                onRemoved={() => {
                  again();
                  onRemoved();
                }}
              />
            </li>
          ))}
        </ul>
      )}
      {may('WRITE') && <AddLibraryForm onAdded={again} />}
    </section>
  );
}

function Item({ library, again, onRemoved }: { library: Library; again: () => void; onRemoved: () => void }) {
  const { id, name, root, watch, scannedAt, imageCount, missingCount, problemCount } = library;
  const figures = { Photos: imageCount, ...(problemCount > 0 && { 'Unreadable files': problemCount }) };
  return (
    <article aria-label={`Library: ${name}`}>
      <h3>
        <a href={`/photos?library=${id}`}>{name}</a>
      </h3>
      <p class="small soft">
        {root}, {scannedAt === null ? 'not scanned yet' : `scanned ${when(scannedAt)}`}
        {watch ? ', watched for changes' : ''}
      </p>
      <dl>
        {Object.entries(figures).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
        {missingCount > 0 && (
          <div>
            <dt>Missing files</dt>
            <dd>
              <a
                href={`/photos?library=${id}&files=missing`}
                aria-label={`${plural(missingCount, 'missing file')} of ${name}`}
              >
                {count(missingCount)}
              </a>
            </dd>
          </div>
        )}
      </dl>
      <Troubles library={library} />
      {may('WRITE') && (
        <div class="row flush">
          <ScanButton library={library} onScanned={again} />
          <AdoptButton library={library} />
          {may('ADMIN') && <WriteButton library={library} />}
          <RemoveButton library={library} onRemoved={onRemoved} />
        </div>
      )}
    </article>
  );
}

function Troubles({ library: { scanError, scanReport } }: { library: Library }) {
  const problems = scanReport?.problems ?? [];
  return (
    <>
      {scanError && <p class="bad">The last scan failed. {scanError.message}</p>}
      {problems.length > 0 && (
        <details class="small">
          <summary>What the last scan left out</summary>
          <ul>
            {problems.map(({ message }) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function ScanButton({ library: { id, name }, onScanned }: { library: Library; onScanned: () => void }) {
  const { busy, error, run } = useAction();
  const result = useSignal('');
  const {
    job,
    error: lost,
    start,
  } = useJob((ended) => {
    result.value = toldOf(ended);
    announce(`${name}: ${result.value}`);
    onScanned();
  });
  const scan = () =>
    run(async () => {
      result.value = '';
      start((await ask(ScanLibrary, { id })).scanLibrary.id);
    });
  return (
    <>
      <button
        type="button"
        class="plain"
        aria-label={`Scan ${name}`}
        disabled={busy.value || job.value !== undefined}
        onClick={() => void scan()}
      >
        Scan
      </button>
      {job.value && (
        <span class="small soft">
          {job.value.state === 'QUEUED'
            ? 'Waiting'
            : `${count(job.value.done)} of ${count(job.value.total ?? 0)} files`}
        </span>
      )}
      {result.value !== '' && <span class="small soft">{result.value}</span>}
      <Refused error={error.value ?? lost.value} />
    </>
  );
}

/** What a scan has found, in a sentence. */
function toldOf({ state, error, scanReport }: FollowedJob): string {
  if (state === 'CANCELLED') return 'The scan was cancelled.';
  if (!scanReport) return `The scan failed. ${error?.message ?? ''}`.trim();
  const { added, moved, changed, retold, returned, missing } = scanReport;
  const found = [
    added > 0 && plural(added, 'new photo'),
    moved > 0 && `${count(moved)} moved`,
    changed > 0 && `${count(changed)} changed`,
    retold > 0 && `${count(retold)} with new words`,
    returned > 0 && `${count(returned)} there again`,
    missing > 0 && `${count(missing)} missing`,
  ].filter((part) => part !== false);
  return found.length === 0 ? 'Nothing has changed.' : `Found ${series(found)}.`;
}
