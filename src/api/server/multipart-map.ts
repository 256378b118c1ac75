/** Places in an operation, as the map of a multipart request names them. */
import { MultipartError } from './errors.js';

/**
 * Sets a value inside the variables of an operation.
 *
 * @param place such as `variables.upload` or `variables.uploads.0`; all but its last step must be there
 * @throws MultipartError for a place that there is not
 */
export function setAt(operations: object, place: string, value: unknown): void {
  const steps = place.split('.');
  const last = steps.pop();
  let holder: unknown = operations;
  for (const step of steps) holder = isHolder(holder) && Object.hasOwn(holder, step) ? holder[step] : undefined;
  if (last === undefined || steps[0] !== 'variables' || !isHolder(holder) || !mayHold(holder, last)) {
    throw new MultipartError(`The map names a place that the operation does not have: ${place}.`);
  }
  holder[last] = value;
}

type Holder = Record<string, unknown>;

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

/** In a list only a place that it has; `__proto__` would be no key of an object. */
function mayHold(holder: Holder, key: string): boolean {
  return Array.isArray(holder) ? Object.hasOwn(holder, key) && key !== 'length' : key !== '__proto__';
}
