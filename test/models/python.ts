/** A Python with the packages that examples/ needs, for tests that run it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Python, or why there is none. */
export type Python = { readonly path: string } | { readonly reason: string };

/**
 * Python 3 in an environment of its own, which later runs use again; `TEST_PYTHON` names another that has the packages.
 *
 * @param requirements a file of pip
 */
export async function pythonWith(requirements: string): Promise<Python> {
  const own = process.env['TEST_PYTHON'];
  if (own !== undefined) return { path: own };
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(tmpdir(), `ekphrasis-python-${hash}`);
  const path = join(folder, 'bin', 'python');
  const ready = join(folder, 'ready');
  const isReady = await access(ready).then(
    () => true,
    () => false,
  );
  if (isReady) return { path };
  try {
    await rm(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    await run(path, ['-c', `open(${JSON.stringify(ready)}, "w").close()`]);
    return { path };
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** What a script writes. @throws with what it says where it fails */
export async function runPython(python: string, ...args: readonly string[]): Promise<string> {
  return (await run(python, args, { maxBuffer: 2 ** 26 })).stdout;
}
