/** Options and kinds of arguments that several commands have. */
import { InvalidArgumentError, Option } from 'commander';
import { USES } from '../models/use.js';

export const json = () =>
  new Option('--json', 'print the result as JSON on stdout, and nothing else there').default(false);

export const queued = () =>
  new Option('--queue', 'hand it to a worker (with DATABASE_URL) and do not wait').default(false);

export const use = () =>
  new Option('--use <when>', 'when it takes the place of the model in use; where none is in use, always')
    .choices(USES.map((name) => name.toLowerCase()))
    .default('never');

export const learningRate = () =>
  new Option('--learning-rate <x>', 'the highest of the schedule').argParser(positiveNumber);

/** @param minimum and `maximum` are allowed */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

export function date(text: string): Date {
  const value = new Date(text);
  if (/^\d{4}/.test(text) && !Number.isNaN(value.getTime())) return value;
  throw new InvalidArgumentError('It must be a date, such as 2021-07-01 or 2021-07-01T12:00:00+02:00.');
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}
