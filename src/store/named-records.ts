/** Names that people give to data sets and libraries, and by which they mean them. */
import { basename, dirname } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Kind<Item extends Named> {
  /** Such as `data set`. */
  readonly noun: string;
  /** What is said where there is none at all. */
  readonly none: string;
  readonly find: (id: string) => Promise<Item | undefined>;
  readonly list: () => Promise<Item[]>;
  /** What tells two of one name apart. */
  readonly placeOf: (item: Item) => string;
}

const LONGEST_NAME = 200;
/** Those that an error names. */
const NAMES_LISTED = 20;

/**
 * The record that a person means.
 *
 * @param wish its id, or its name where no other has it
 * @throws NOT_FOUND, with the names there are; BAD_USER_INPUT where several have the name
 */
export async function resolveRecord<Item extends Named>(
  wish: string,
  { noun, none, find, list, placeOf }: Kind<Item>,
): Promise<Item> {
  const byId = await find(wish);
  if (byId) return byId;
  const all = await list();
  const [named, ...others] = all.filter(({ name }) => name === wish);
  if (others.length > 0 && named) {
    const ids = [named, ...others].map((item) => `${item.id} (from ${placeOf(item)})`).join(', ');
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `Several ${nounsOf(noun)} are called ${wish}. Name the one you mean by its id: ${ids}.`,
    );
  }
  if (named) return named;
  const more = all.length > NAMES_LISTED ? ` and ${all.length - NAMES_LISTED} more` : '';
  const names = all.slice(0, NAMES_LISTED).map(({ name }) => name);
  const known = all.length === 0 ? none : `There are: ${names.join(', ')}${more}.`;
  throw new EkphrasisError(ErrorCode.NotFound, `There is no ${noun} ${wish}. ${known}`);
}

/** @throws BAD_USER_INPUT for a name that is empty, too long or has control characters */
export function checkName(wish: string, noun: string): string {
  const name = wish.trim();
  if (name !== '' && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name)) return name;
  throw new EkphrasisError(
    ErrorCode.BadInput,
    `A ${noun}'s name has 1 to ${LONGEST_NAME} characters, none of them a control character.`,
  );
}

/** The name, or where another is called so as much of its path as tells them apart, or a number behind it. */
export function freeName(name: string, path: string, taken: ReadonlySet<string>): string {
  let longer = name;
  for (let folder = dirname(path); taken.has(longer) && basename(folder) !== ''; folder = dirname(folder))
    longer = `${basename(folder)}/${longer}`;
  for (let number = 2; taken.has(longer); number += 1) longer = `${name} ${number}`;
  return longer;
}

function nounsOf(noun: string): string {
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
