/** A kind of job that the program does not have: the file that somebody adds who wants it. */
import { z } from 'zod';
import type { WholeKind } from '../../src/jobs/kind.js';

const settingsSchema = z.object({ split: z.enum(['train', 'dev', 'test']) });
const resultSchema = z.object({ photos: z.number(), words: z.number() });

export const countWordsKind: WholeKind<z.output<typeof settingsSchema>, z.output<typeof resultSchema>> = {
  kind: 'count-words',
  description: 'Counts the words that people wrote of photos.',
  settings: settingsSchema,
  result: resultSchema,
  policy: { retries: 1, concurrency: 1 },
  scope: 'train',
  needs: () => ({ photos: { of: undefined } }),
  async run({ split }, { store }, onProgress) {
    let [photos, words] = [0, 0];
    for await (const { captions } of store.captions.captioned([split])) {
      photos += 1;
      words += captions.join(' ').split(' ').length;
    }
    onProgress(photos, photos);
    return { photos, words };
  },
};
