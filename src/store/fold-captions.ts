/** Captions whose words were not folded when they were written: those of older databases with letters beyond ASCII. */
import { searchText } from './caption-words.js';
import type { ExecuteSql } from './database.js';

/** Captions of one statement. */
const PAGE = 1000;

/** Folds the captions that wait for it. Where none does, an empty index tells so at once. */
export async function foldCaptions(executeSql: ExecuteSql): Promise<void> {
  for (const table of ['ReferenceCaption', 'GeneratedCaption']) {
    for (;;) {
      const { rows } = await executeSql(
        `SELECT "id"::text AS id, "text" FROM "${table}" WHERE "searchText" IS NULL ORDER BY "id" LIMIT ${PAGE}`,
      );
      const captions = rows as { id: string; text: string }[];
      if (captions.length === 0) break;
      await executeSql(
        // One that was folded or written anew meanwhile is left as it is.
        `UPDATE "${table}" AS caption SET "searchText" = folded.words FROM unnest($1::text[]::uuid[], $2::text[], $3::text[]) AS folded (id, text, words)
         WHERE caption."id" = folded.id AND caption."text" = folded.text AND caption."searchText" IS NULL`,
        [captions.map(({ id }) => id), captions.map(({ text }) => text), captions.map(({ text }) => searchText(text))],
      );
    }
  }
}
