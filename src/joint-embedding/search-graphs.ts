/** The graphs by which sentences and photos become vectors, before they are compiled. */
import { Graph, type Tensor } from '../tensors/graph.js';
import {
  declareParameters,
  declareTexts,
  embedImages,
  type EmbeddingSettings,
  embedTexts,
  together,
} from './joint-embedding.js';
import { declareProjection, declareRegions, declareWindow, glance, standardise } from './region-summary.js';
import { type Window, windowsOf } from './window.js';

export interface VectorGraph {
  readonly graph: Graph;
  /** Unit vectors [n, EMBEDDING_LENGTH]. */
  readonly vectors: Tensor;
  /** Values of inputs beside the parameters. */
  readonly fixed: ReadonlyMap<string, Float32Array>;
}

/** A part of a photo as an input of a graph, and how much it counts. */
interface Frame {
  readonly name: string;
  readonly window: Window;
  readonly weight: number;
}

/** A photo is looked at as a whole, and without one row and column on two sides: measured, +0.5 points of R@10. */
function framesOf(regions: number): Frame[] {
  const { whole, corners } = windowsOf(regions);
  return [{ window: whole, weight: 2 }, ...corners.map((window) => ({ window, weight: 1 }))].map((frame, place) => ({
    ...frame,
    name: `window.${place}`,
  }));
}

/**
 * Inputs `batch.words` int32 and `batch.share`, as `layOutTexts` gives them.
 *
 * @param rows how many sentences have a word t
 */
export function textGraph(settings: EmbeddingSettings, rows: readonly number[]): VectorGraph {
  const graph = new Graph();
  const vectors = embedTexts(declareParameters(graph, settings), declareTexts(graph, rows), rows);
  return { graph, vectors, fixed: new Map() };
}

/** Input `batch.regions` [images, regions, regionSize]. */
export function photoGraph(settings: EmbeddingSettings, images: number): VectorGraph {
  const graph = new Graph();
  const parameters = declareParameters(graph, settings);
  const [projection, photos] = [declareProjection(graph, settings), declareRegions(graph, images, settings)];
  const frames = framesOf(settings.regions);
  const framed = frames.map(({ name }) => {
    const seen = glance(projection, photos, declareWindow(graph, name, 1, settings));
    return embedImages(parameters, seen, standardise(graph, seen.summary));
  });
  const vectors = together(
    framed,
    frames.map(({ weight }) => weight),
  );
  return { graph, vectors, fixed: new Map(frames.map(({ name, window }) => [name, window])) };
}
