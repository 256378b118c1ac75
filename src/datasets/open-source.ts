import type { Dataset } from './dataset.js';
import { openDataset, type OpenOptions } from './open-dataset.js';
import { openScenes, sceneLanguageOf } from './scenes.js';

/** What a person asks to import: a folder, or scenes by their name. @throws as `openDataset` does */
export async function openSource(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const language = sceneLanguageOf(path);
  return language === undefined ? openDataset(path, options) : openScenes(undefined, language);
}
