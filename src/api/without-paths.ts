/**
 * A message as clients get it: where the server keeps its files is the operator's affair, so that of an absolute path
 * only the last name is left. The log and the command line have it whole.
 */
export function withoutPaths(message: string): string {
  return message.replaceAll(ABSOLUTE_PATH, '$<name>');
}

/** One that stands by itself: not the path of a URL, nor what follows a slash between two words. */
const ABSOLUTE_PATH = /(?<=^|[\s"'`(=:,])\/(?:[^\s/"'`]+\/)*(?<name>[^\s/"'`]+)\/?/gu;
