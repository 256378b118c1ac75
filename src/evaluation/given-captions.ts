/** Captions that were written elsewhere, as they are handed over. */
import {
  type CaptionResult,
  type GivenResult,
  namesOfIds,
  readCaptionResults,
  resultsOf,
} from '../datasets/caption-results.js';
import type { ProblemList } from '../datasets/problems.js';
import { TextFile } from '../datasets/text-files.js';

export interface CaptionFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface GivenCaptions {
  /** COCO's results or a table, as a file, or the captions themselves. */
  readonly captions: CaptionFile | readonly GivenResult[];
  /** COCO's annotations, which say by which names photos have which ids. Default: ids are in names. */
  readonly annotations?: CaptionFile | undefined;
}

/** @throws EkphrasisError BAD_USER_INPUT for a file that is neither */
export function readGivenCaptions({ captions, annotations }: GivenCaptions, problems: ProblemList): CaptionResult[] {
  const names = annotations && namesOfIds(asText(annotations));
  return 'bytes' in captions
    ? readCaptionResults(asText(captions), problems, names)
    : resultsOf(captions, problems, names);
}

/** What captions are called where nobody says it: as their file, without what is behind its last full stop. */
export function nameOfCaptions(captions: GivenCaptions['captions']): string {
  return 'bytes' in captions ? captions.name.replace(/\.[^.]*$/, '') : 'captions';
}

function asText({ name, bytes }: CaptionFile): TextFile {
  return TextFile.decode(name, name, bytes);
}
