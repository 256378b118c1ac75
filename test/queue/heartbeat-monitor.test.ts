import { expect, test } from 'vitest';
import { HeartbeatMonitor } from '../../src/queue/heartbeat-monitor.js';

/** A process whose clock may show anything. */
const sign = (id: string, heartbeat: number, attempt = 1) => ({ id, attempt, heartbeatAt: new Date(heartbeat) });

function watch() {
  let now = 0;
  const monitor = new HeartbeatMonitor<string>(60_000, () => now);
  return {
    monitor,
    at: (milliseconds: number, ...running: ReturnType<typeof sign>[]) => {
      now = milliseconds;
      return monitor.lost(running).map(({ id }) => id);
    },
  };
}

/** Looks as often as is asked for, with signs that stay the same. */
function checkOn(
  at: ReturnType<typeof watch>['at'],
  from: number,
  to: number,
  ...running: ReturnType<typeof sign>[]
): string[] {
  let lost: string[] = [];
  for (let now = from; now <= to; now += 15_000) lost = at(now, ...running);
  return lost;
}

test('a process whose sign of life stays the same for the silence is gone, whatever its clock shows', () => {
  const { monitor, at } = watch();
  expect(monitor.interval).toBe(15_000);
  const wrongClock = Date.parse('2020-01-01');
  expect(checkOn(at, 0, 45_000, sign('a', wrongClock))).toEqual([]);
  expect(at(60_000, sign('a', wrongClock))).toEqual(['a']);
});

test('a process that gives new signs is never gone, those beside it are', () => {
  const { at } = watch();
  let lost: string[] = [];
  for (let now = 0; now <= 300_000; now += 15_000) lost = at(now, sign('alive', now), sign('gone', 5));
  expect(lost).toEqual(['gone']);
});

test('another attempt is another process', () => {
  const { at } = watch();
  expect(checkOn(at, 0, 45_000, sign('a', 1, 1))).toEqual([]);
  expect(checkOn(at, 60_000, 105_000, sign('a', 1, 2))).toEqual([]);
  expect(at(120_000, sign('a', 1, 2))).toEqual(['a']);
});

test('who could not look for a while, as without a database, has not seen monitor', () => {
  const { at } = watch();
  expect(checkOn(at, 0, 30_000, sign('a', 1))).toEqual([]);
  expect(checkOn(at, 200_000, 245_000, sign('a', 1))).toEqual([]);
  expect(at(260_000, sign('a', 1))).toEqual(['a']);
});
