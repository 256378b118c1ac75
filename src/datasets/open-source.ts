import { SCENES } from '../jobs/import-path.js';
import type { Dataset } from './dataset.js';
import { openDataset, type OpenOptions } from './open-dataset.js';
import { openScenes } from './scenes.js';

/** What a person asks to import: a folder, or `scenes`. @throws as `openDataset` does */
export async function openSource(path: string, options: OpenOptions = {}): Promise<Dataset> {
  return path === SCENES ? openScenes() : openDataset(path, options);
}
