/** Captions written into the files of a library, once they were counted. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { ask } from '../api/client.js';
import type { VariablesOf } from '../api/graphql.js';
import { announce } from '../parts/announce.js';
import { Dialog } from '../parts/dialog.js';
import { count, plural } from '../parts/figures.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useJob } from './follow-job.js';
import { type FollowedJob, type Library, WriteCaptions } from './operations.js';

type Wish = Pick<VariablesOf<typeof WriteCaptions>['input'], 'into' | 'field' | 'reviewed'>;

export function WriteButton({ library }: { library: Library }) {
  const isOpen = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="plain"
        aria-label={`Write captions into files of ${library.name}`}
        onClick={() => {
          isOpen.value = true;
        }}
      >
        Write captions
      </button>
      {isOpen.value && (
        <WriteDialog
          library={library}
          onClose={() => {
            isOpen.value = false;
          }}
        />
      )}
    </>
  );
}

function WriteDialog({ library: { id, name }, onClose }: { library: Library; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const isDry = useSignal(true);
  const ended = useSignal<FollowedJob | undefined>(undefined);
  const { busy, error, run } = useAction();
  const {
    job,
    error: lost,
    start,
  } = useJob((last) => {
    ended.value = last;
    announce(toldOf(last, isDry.value));
  });
  const begin = (dryRun: boolean) =>
    run(async () => {
      const given = new FormData(form.current ?? undefined);
      const wish: Wish = {
        into: given.get('into') === 'PHOTO' ? 'PHOTO' : 'SIDECAR',
        field: given.get('field') === 'DESCRIPTION' ? 'DESCRIPTION' : 'ALT_TEXT',
        reviewed: given.get('reviewed') !== null,
      };
      isDry.value = dryRun;
      ended.value = undefined;
      start((await ask(WriteCaptions, { input: { ...wish, library: id, dryRun } })).exportXmp.id);
    });
  const isBusy = busy.value || job.value !== undefined;
  return (
    <Dialog dialog={dialog} question={`Write captions into files of ${name}?`} busy={false} onClose={onClose}>
      <form
        ref={form}
        class="options"
        onChange={() => {
          ended.value = undefined;
        }}
        onSubmit={(event) => {
          event.preventDefault();
        }}
      >
        <label>
          <span>Where</span>
          <select name="into">
            <option value="SIDECAR">Into .xmp files beside the photos</option>
            <option value="PHOTO">Into the photos themselves</option>
          </select>
        </label>
        <label>
          <span>Field</span>
          <select name="field">
            <option value="ALT_TEXT">Alternative text (IPTC)</option>
            <option value="DESCRIPTION">Description (Dublin Core)</option>
          </select>
        </label>
        <label class="row">
          <input name="reviewed" type="checkbox" defaultChecked /> Only captions that people wrote, chose or adopted
        </label>
      </form>
      <p class="small soft">
        Words of people in the files stay. Each caption is marked with who wrote it: a person, or a model and how sure
        it is.
      </p>
      {job.value && (
        <p role="status">
          {isDry.value ? 'Counting' : 'Writing'}: {count(job.value.done)} of {count(job.value.total ?? 0)} photos
        </p>
      )}
      {ended.value && <Result job={ended.value} isDry={isDry.value} />}
      <Refused error={error.value ?? lost.value} />
      <div class="row">
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
        <button type="button" disabled={isBusy} onClick={() => void begin(true)}>
          Count first
        </button>
        <button type="button" class="main" disabled={isBusy} onClick={() => void begin(false)}>
          Write captions
        </button>
      </div>
    </Dialog>
  );
}

function Result({ job, isDry }: { job: FollowedJob; isDry: boolean }) {
  const problems = job.xmpExportReport?.problems ?? [];
  return (
    <>
      <p>{toldOf(job, isDry)}</p>
      {problems.length > 0 && (
        <ul class="small">
          {problems.slice(0, 5).map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function toldOf({ xmpExportReport: report, error, state }: FollowedJob, isDry: boolean): string {
  if (state === 'CANCELLED') return 'It was cancelled.';
  if (!report) return `It failed. ${error?.message ?? ''}`.trim();
  const { written, same, kept, uncaptioned, noFile, failed } = report;
  const others = [
    same > 0 && `${count(same)} said it already`,
    kept > 0 && `${count(kept)} kept their own words`,
    uncaptioned > 0 && `${count(uncaptioned)} had no such caption`,
    noFile > 0 && `${count(noFile)} had no file`,
    failed > 0 && `${count(failed)} failed`,
  ].filter((part) => part !== false);
  const sentence = `${plural(written, 'photo')} ${isDry ? 'would be' : written === 1 ? 'was' : 'were'} written`;
  return `${[sentence, ...others].join('; ')}.`;
}
