/** Whether a client has an answer already. */

/**
 * Express would say no to whoever asks past caches (Cache-Control: no-cache), as Node's fetch does with every question
 * that has a condition.
 *
 * @param ifNoneMatch the header If-None-Match
 */
export function isKnown(etag: string, ifNoneMatch = ''): boolean {
  return ifNoneMatch.split(',').some((known) => ['*', etag].includes(known.trim().replace(/^W\//, '')));
}
