/** Before all tests: VGG16's real weights, found by the program's own resolver and kept in node_modules/.cache. */
import { resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { EkphrasisError } from '../../../src/errors.js';
import { loadVgg16Weights } from '../../../src/vision/vgg16/weights-resolver.js';

/** What the tests that need the real weights are told. */
export type RealWeights =
  | { readonly cacheDirectory: string }
  /** There are none on this machine. */
  | { readonly missing: string };

declare module 'vitest' {
  export interface ProvidedContext {
    realWeights: RealWeights;
  }
}

export default async function findWeights(project: TestProject): Promise<void> {
  project.provide('realWeights', await find());
}

async function find(): Promise<RealWeights> {
  const { VGG16_WEIGHTS, VGG16_WEIGHTS_URL } = process.env;
  const cacheDirectory = resolve('node_modules/.cache/ekphrasis');
  try {
    await loadVgg16Weights({ weights: VGG16_WEIGHTS, weightsUrl: VGG16_WEIGHTS_URL, cacheDirectory });
    return { cacheDirectory };
  } catch (error) {
    if (!(error instanceof EkphrasisError) || error.code !== 'WEIGHTS_UNAVAILABLE') throw error;
    console.warn(`Tests that need VGG16's real weights are skipped: ${error.message}`);
    return { missing: error.message };
  }
}
