/** What can be said of a scene, and whether it is true. */
import { tokenise } from '../language/tokeniser.js';

export const COLOURS = ['red', 'green', 'blue', 'yellow', 'purple'] as const;
export const SHAPES = ['circle', 'square', 'triangle'] as const;
/** The first thing is to the left of, or above, the second. */
export const RELATIONS = ['left', 'above'] as const;
const NUMBERS = ['zero', 'one', 'two', 'three'] as const;

export interface Thing {
  readonly colour: (typeof COLOURS)[number];
  readonly shape: (typeof SHAPES)[number];
}

export type Scene =
  | { readonly kind: 'group'; readonly thing: Thing; readonly count: number; readonly ground: 'light' | 'dark' }
  | {
      readonly kind: 'pair';
      readonly first: Thing;
      readonly second: Thing;
      readonly relation: (typeof RELATIONS)[number];
      readonly ground: 'light' | 'dark';
    };

/** Five captions, all true, none alike. */
export function captionsOf(scene: Scene): string[] {
  const ground = `on a ${scene.ground} ground`;
  if (scene.kind === 'group') {
    const { thing, count } = scene;
    const name = `${thing.colour} ${thing.shape}`;
    if (count === 1)
      return [
        `a ${name}`,
        `a ${name} ${ground}`,
        `there is a ${name}`,
        `a picture of a ${name}`,
        `there is one ${name} ${ground}`,
      ];
    const several = `${NUMBERS[count] ?? String(count)} ${name}s`;
    return [
      several,
      `${several} ${ground}`,
      `there are ${several}`,
      `a picture of ${several}`,
      `there are ${several} ${ground}`,
    ];
  }
  const [first, second] = [scene.first, scene.second].map(({ colour, shape }) => `a ${colour} ${shape}`);
  const [forth, back] = scene.relation === 'left' ? ['to the left of', 'to the right of'] : ['above', 'below'];
  return [
    `${first} ${forth} ${second}`,
    `${first} ${forth} ${second} ${ground}`,
    `${second} ${back} ${first}`,
    `there is ${first} ${forth} ${second}`,
    `a picture of ${first} ${forth} ${second}`,
  ];
}

/**
 * Whether a caption names just what a scene shows: every colour with its shape, the right number, the right relation,
 * and the right ground where it names one.
 */
export function isTrue(scene: Scene, caption: string): boolean {
  const words = tokenise(caption);
  const named = thingsIn(words);
  const grounds = words.filter((word) => word === 'light' || word === 'dark');
  if (grounds.some((ground) => ground !== scene.ground)) return false;
  if (scene.kind === 'group') {
    const [only, ...others] = named;
    return others.length === 0 && only !== undefined && sameThing(only, scene.thing) && only.count === scene.count;
  }
  const [first, second, ...others] = named;
  if (!first || !second || others.length > 0 || first.count !== 1 || second.count !== 1) return false;
  const relation = words.find((word) => ['left', 'right', 'above', 'below'].includes(word));
  const reversed = relation === 'right' || relation === 'below';
  const [subject, object] = reversed ? [second, first] : [first, second];
  const axis = relation === 'left' || relation === 'right' ? 'left' : 'above';
  return (
    relation !== undefined &&
    axis === scene.relation &&
    sameThing(subject, scene.first) &&
    sameThing(object, scene.second)
  );
}

interface NamedThing {
  readonly colour: string;
  readonly shape: string;
  readonly count: number;
}

function thingsIn(words: readonly string[]): NamedThing[] {
  return words.flatMap((word, place) => {
    const shape = SHAPES.find((known) => word === known || word === `${known}s`);
    if (!shape) return [];
    const number = NUMBERS.findIndex((known) => known === words[place - 2]);
    const plural = word.endsWith('s');
    const count = number === -1 ? (plural ? NaN : 1) : number;
    return [{ colour: words[place - 1] ?? '', shape, count }];
  });
}

function sameThing(named: NamedThing, thing: Thing): boolean {
  return named.colour === thing.colour && named.shape === thing.shape;
}
