import { describe, expect, it } from 'vitest';

import { PROBE_SUM } from '../../../src/vision/vgg16/graph.js';
import { EXACT_SUMS, integerOptions, largestSum } from '../../../src/vision/vgg16/integer-sums.js';

/**
 * On a processor with VNNI none of these can fail; on one without, sums without the option are about half of what is
 * right.
 */
describe('sums of bytes that are as large as they can be', () => {
  it('are 3 * 9 in the first convolution and 64 * 9 times that in the second', () => {
    expect(PROBE_SUM).toBe(15_552);
  });

  it('are exact with the options that an integer graph is given', async () => {
    expect(await largestSum(await integerOptions())).toBe(PROBE_SUM);
  });

  it("are exact with ONNX Runtime's unsigned weights on every processor", async () => {
    expect(await largestSum(EXACT_SUMS)).toBe(PROBE_SUM);
  });

  it('need no slower kernels where they are exact by themselves', async () => {
    const exactAlready = (await largestSum({})) === PROBE_SUM;
    expect(await integerOptions()).toEqual(exactAlready ? {} : EXACT_SUMS);
  });
});
