import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formatDuration, startProgress } from '../../src/cli/progress.js';

function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  return { stream, text: () => String(stream.read() ?? '') };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [60, '1 min 0 s'],
  [725, '12 min 5 s'],
  [12_000, '3 h 20 min'],
  [Infinity, 'unknown'],
])('%d seconds read as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('no rate is told before there is enough to tell by, and none of what was done before', () => {
  const { stream, text } = terminal(true);
  const progress = startProgress(stream, { label: 'Training', unit: 'steps', total: 20_000, done: 9_400 });
  vi.advanceTimersByTime(1);
  progress.update(9_410);
  vi.advanceTimersByTime(1_000);
  progress.update(9_420);
  expect(text()).not.toContain('steps/s');
  vi.advanceTimersByTime(1_999);
  progress.update(9_430);
  progress.stop();
  expect(text()).toContain('9430 of 20000 steps, 10.0 steps/s, 17 min 37 s left');
});

test('away from a terminal progress is plain lines, one now and then, with rate and time left', () => {
  const { stream, text } = terminal(false);
  const progress = startProgress(stream, { label: 'Importing', unit: 'photos', total: 100 });
  for (let done = 1; done <= 50; done += 1) {
    vi.advanceTimersByTime(500);
    progress.update(done);
  }
  progress.stop();
  progress.stop();
  expect(text().split('\n')).toEqual([
    'Importing: 20 of 100 photos, 2.0 photos/s, 40 s left',
    'Importing: 40 of 100 photos, 2.0 photos/s, 30 s left',
    'Importing: 50 of 100 photos, 2.0 photos/s, 25 s left',
    '',
  ]);
});

test('bytes are shown in megabytes', () => {
  const { stream, text } = terminal(false);
  const progress = startProgress(stream, { label: 'Fetching', unit: 'bytes', total: 58_900_000 });
  vi.advanceTimersByTime(10_000);
  progress.update(29_450_000);
  progress.stop();
  expect(text()).toBe('Fetching: 29.4 of 58.9 MB, 2.9 MB/s, 10 s left\n');
});

test('on a terminal progress is a bar', () => {
  const { stream, text } = terminal(true);
  const progress = startProgress(stream, { label: 'Training', unit: 'steps', total: 10 });
  vi.advanceTimersByTime(2_000);
  progress.update(4);
  progress.stop();
  expect(text()).toContain('4 of 10 steps, 2.0 steps/s, 3 s left');
});

test.each([true, false])('work that fails before its size is known shows nothing (terminal: %s)', (isTTY) => {
  const { stream, text } = terminal(isTTY);
  startProgress(stream, { label: 'Importing', unit: 'photos', total: 0 }).stop();
  expect(text()).toBe('');
});
