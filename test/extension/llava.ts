/**
 * A reader that the program does not have: conversations about photos, as LLaVA is trained on (Liu et al. 2023,
 * arXiv:2304.08485).
 */
import { addBadLine, type Annotation, type Reader } from '../../src/datasets/reader.js';
import { membersOf, type TextFile } from '../../src/datasets/text-files.js';

function conversationsOf({ text, json }: TextFile): readonly unknown[] | undefined {
  return text.includes('"conversations"') && Array.isArray(json) ? json : undefined;
}

function captionOf(turn: unknown): string | undefined {
  const { from, value } = membersOf(turn) ?? {};
  return from === 'gpt' && typeof value === 'string' ? value : undefined;
}

export const llava: Reader = {
  id: 'llava',
  name: "LLaVA's conversations",
  recognise: (files) => files.filter((file) => conversationsOf(file) !== undefined),
  read: (files, { problems }) =>
    files.flatMap((file) =>
      (conversationsOf(file) ?? []).flatMap((entry, index): Annotation[] => {
        const { image, conversations } = membersOf(entry) ?? {};
        const place = `entry ${index + 1} of ${file.path}`;
        if (typeof image === 'string' && Array.isArray(conversations)) {
          return [{ photo: image, captions: conversations.flatMap((turn) => captionOf(turn) ?? []), file, place }];
        }
        addBadLine(problems, place);
        return [];
      }),
    ),
};
