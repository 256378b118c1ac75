import { beforeAll, describe, expect, it } from 'vitest';
import { Captioner } from '../../src/captioner/captioner.js';
import type { Checkpoint } from '../../src/captioner/checkpoint.js';
import { readCheckpoint, writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { DEFAULT_SIZES } from '../../src/captioner/decoder.js';
import { toHalf } from '../../src/half.js';
import type { EncoderId } from '../../src/ids.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { RandomStream } from '../../src/training/random.js';

const settings = { ...DEFAULT_SIZES, embeddingSize: 12, hiddenSize: 16, attentionSize: 8 };
const vocabulary = ['<pad>', '<start>', '<end>', '<unknown>', ...Array.from({ length: 30 }, (_, index) => `word${index}`)];

function someCheckpoint(): Checkpoint {
  return {
    header: {
      format: 'ekphrasis-captioner', version: 1, name: 'test', encoder: 'vgg16-test' as EncoderId, compatibleEncoders: [], vocabulary, settings, training: {},
    },
    parameters: initialParameters({ ...settings, vocabularySize: vocabulary.length }, 4),
  };
}

function photo(seed: number): Uint16Array {
  const random = new RandomStream(seed, 'photo');
  return toHalf(Array.from({ length: 49 * 512 }, () => Math.max(0, 4 * random.uniform() - 2)));
}

describe('a captioner', () => {
  let captioner: Captioner;
  beforeAll(() => { captioner = Captioner.load(someCheckpoint()); });

  it('says for every word how probable it was and where it looked', async () => {
    const [captions = []] = await captioner.caption([photo(1)]);
    expect(captions).toHaveLength(5);
    for (const { words, text, logProbability } of captions) {
      expect(text).toBe(words.map(({ word }) => word).join(' '));
      expect(words.reduce((sum, { probability }) => sum + Math.log(probability), 0)).toBeGreaterThan(logProbability - 1e-4);
      for (const { attention, probability } of words) {
        expect(attention).toHaveLength(49);
        expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
    }
  });

  it('says the same of a photo alone and among others', async () => {
    const photos = Array.from({ length: 19 }, (_, index) => photo(index));
    const together = await captioner.caption(photos);
    expect(together).toHaveLength(19);
    for (const index of [0, 7, 18]) {
      const [alone] = await captioner.caption([photo(index)]);
      expect(together[index]?.[0]?.text).toBe(alone?.[0]?.text);
      expect(together[index]?.[0]?.logProbability).toBeCloseTo(alone?.[0]?.logProbability ?? NaN, 4);
    }
  });

  it('with a wider beam finds nothing worse', async () => {
    const [narrow] = await captioner.caption([photo(3)], { beamWidth: 1, lengthExponent: 0 });
    const [wide] = await captioner.caption([photo(3)], { beamWidth: 10, lengthExponent: 0 });
    expect(wide?.[0]?.score ?? NaN).toBeGreaterThanOrEqual((narrow?.[0]?.score ?? NaN) - 1e-5);
  });

  it('refuses options out of range', async () => {
    await expect(captioner.caption([photo(1)], { beamWidth: 0 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(captioner.caption([photo(1)], { maximumLength: 1000 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(captioner.caption([photo(1)], { lengthExponent: -1 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('a checkpoint', () => {
  it('read back is what was written, in half precision nearly', () => {
    const checkpoint = someCheckpoint();
    expect(readCheckpoint(writeCheckpoint(checkpoint, 'fp32'))).toEqual(checkpoint);
    const half = readCheckpoint(writeCheckpoint(checkpoint, 'fp16'));
    expect(half.header).toEqual(checkpoint.header);
    for (const [name, values] of checkpoint.parameters) {
      const rounded = half.parameters.get(name);
      const close = values.every((value, index) => Math.abs((rounded?.[index] ?? NaN) - value) < 1e-3 * Math.abs(value) + 1e-6);
      expect(close, name).toBe(true);
    }
  });

  it('that is damaged anywhere is refused with a code, never used', () => {
    const bytes = writeCheckpoint(someCheckpoint(), 'fp16');
    const refused = { name: 'EkphrasisError', code: 'INVALID_CHECKPOINT' };
    const read = (file: Uint8Array) => () => readCheckpoint(file);
    for (const length of [0, 7, 100, bytes.length - 1]) expect(read(bytes.subarray(0, length))).toThrow(expect.objectContaining(refused) as Error);
    expect(read(new TextEncoder().encode('PK\u0003\u0004 a zip, say'))).toThrow(expect.objectContaining(refused) as Error);
    const { header, parameters } = someCheckpoint();
    const missing = new Map([...parameters].filter(([name]) => name !== 'lstm.bias'));
    expect(read(writeCheckpoint({ header, parameters: missing }, 'fp16'))).toThrow(/lstm\.bias/);
  });
});
