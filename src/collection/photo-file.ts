/** Where photos' files lie: the one place that knows. */
import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ImageId } from '../ids.js';
import { sidecarPaths } from '../metadata/sidecars.js';
import type { Store } from '../store/store.js';

export interface PhotoPlace {
  /** Absolute. */
  readonly path: string;
  /** Below its data set or library. */
  readonly name: string;
  /** Of the data set's captions, a BCP 47 tag; English in libraries. */
  readonly language: string;
}

/**
 * Where each photo lies by what the collection knows: in its libraries, then in the folders of its data sets, the oldest
 * data set first.
 * Whether the file is there, and still that photo, is for the caller to see.
 */
export async function photoPlaces(
  imageIds: readonly ImageId[],
  { datasetPhotos, libraryFiles }: Pick<Store, 'datasetPhotos' | 'libraryFiles'>,
): Promise<Map<ImageId, PhotoPlace[]>> {
  const [memberships, files] = await Promise.all([datasetPhotos.placesOf(imageIds), libraryFiles.placesOf(imageIds)]);
  const inLibraries = (imageId: ImageId) =>
    (files.get(imageId) ?? []).map(({ root, path }) => ({ path: join(root, path), name: path, language: 'en' }));
  // Drawn scenes, and data sets of earlier versions, have no folder.
  const inDatasets = (imageId: ImageId) =>
    (memberships.get(imageId) ?? [])
      .filter(({ origin }) => isAbsolute(origin))
      .map(({ origin, path, language }) => ({ path: join(origin, path), name: path, language }));
  return new Map(imageIds.map((imageId) => [imageId, [...inLibraries(imageId), ...inDatasets(imageId)]]));
}

/** The sidecars that a photo has there, what holds before others first. */
export async function sidecarsThere({ path }: Pick<PhotoPlace, 'path'>): Promise<string[]> {
  const names = sidecarPaths(path);
  const there = await Promise.all(names.map((name) => exists(name)));
  return names.filter((_name, index) => there[index]);
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
