import { expect, test } from 'vitest';
import type { EncoderId } from '../../src/ids.js';
import { checkEncoder, fitsEncoder } from '../../src/models/encoder-fit.js';

const [INT8, FP32, OWN] = [
  'vgg16-int8-40acdda7-039aa303-fill224',
  'vgg16-fp32-40acdda7-fill224',
  'onnx-01234567-89abcdef',
] as [EncoderId, EncoderId, EncoderId];
const model = (encoder: EncoderId, compatibleEncoders: readonly EncoderId[] = []) => ({
  name: 'writes',
  encoder,
  compatibleEncoders,
});

test('a model fits its own encoder, and those that it was measured to do as well with', () => {
  expect(fitsEncoder(model(INT8), INT8)).toBe(true);
  expect(fitsEncoder(model(INT8, [FP32]), FP32)).toBe(true);
  expect(fitsEncoder(model(INT8, [FP32]), OWN)).toBe(false);
});

test.each([
  [INT8, OWN, 'Leave ENCODER unset and set VGG16_PRECISION and VGG16_WEIGHTS as they were'],
  [INT8, FP32, 'Leave ENCODER unset and set VGG16_PRECISION and VGG16_WEIGHTS as they were'],
  [OWN, INT8, 'Set ENCODER to the file that it was made for'],
])('a model for %s where %s runs is refused, with what to do', (made, running, what) => {
  expect(() => {
    checkEncoder(model(made), running);
  }).toThrow(
    expect.objectContaining({
      code: 'ENCODER_MISMATCH',
      message: expect.stringMatching(
        `"writes" was made for the encoder ${made}, but ${running} runs: .*${what}`,
      ) as string,
    }) as Error,
  );
});
