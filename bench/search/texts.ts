/** Texts as the search model of a collection reads them, in this process. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { ModelId } from '../../src/ids.js';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import { createStore, openDatabase } from '../../src/store/store.js';

export async function embedTexts(
  dataDirectory: string,
  modelId: ModelId,
  texts: readonly string[],
): Promise<Float32Array[]> {
  const store = await createStore(await openDatabase({ dataDirectory }));
  try {
    const model = await store.models.find(modelId);
    if (!model) throw new Error(`there is no model ${modelId} in ${dataDirectory}`);
    const files = new CheckpointFiles(
      { written: join(dataDirectory, 'models'), shipped: join(PROGRAM_FOLDER, 'models') },
      store,
    );
    const search = SearchModel.open(await readFile(await files.pathOf(model)));
    const vectors = await search.embedTexts(texts);
    await search.close();
    return vectors.map((vector, index) => {
      if (!vector) throw new Error(`the model knows no word of: ${texts[index] ?? ''}`);
      return vector;
    });
  } finally {
    await store.close();
  }
}
