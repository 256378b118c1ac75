/** Processes whose event loop stands, as processes: nothing else can be ended by SIGKILL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

const MODULE = pathToFileURL(join(PROGRAM_FOLDER, 'dist', 'watch', 'watchdog.js')).href;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** @param then what the process does when it is watched */
function watched(seconds: number, then: string) {
  const script = `
    import { startWatchdog } from '${MODULE}';
    await startWatchdog({ what: 'test', seconds: ${seconds} });
    setInterval(() => undefined, 100);
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return { child, ended: once(child, 'exit'), complaints: text(child.stderr) };
}

const BLOCK = 'setTimeout(() => { for (;;); }, 500);';

test('a process whose loop stands is ended, with a line of the log that says so', async () => {
  const { ended, complaints, child } = watched(1, BLOCK);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(JSON.parse(await complaints)).toMatchObject({
    level: 60,
    pid: child.pid,
    msg: expect.stringMatching(/event loop of the test has stood for 1 s/) as string,
  });
});

test('a loop that is busy with short work goes on, and so does one that stands for less', async () => {
  const { child } = watched(3, 'setInterval(() => { for (const end = Date.now() + 600; Date.now() < end;); }, 700);');
  await wait(4000);
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

test('a process that was stopped as a whole, as a laptop that sleeps, goes on', async () => {
  const { child } = watched(3, "setInterval(() => console.log('beat'), 100);");
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  await wait(4000);
  child.kill('SIGCONT');
  await wait(1000);
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

test('without seconds nothing is watched', async () => {
  const { child } = watched(0, BLOCK);
  await wait(2000);
  expect(child.exitCode ?? child.signalCode).toBeNull();
});
