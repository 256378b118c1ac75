/**
 * `scenes`: a data set the program draws itself, so that tests and a demo can train for real with nothing downloaded. A
 * scene is some coloured shapes on a plain ground, with five captions from a small grammar. The two halves of a pair
 * that the dev split shows never stand together in the train split.
 */
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import sharp from 'sharp';
import type { Dataset, DatasetItem } from './dataset.js';
import type { Split } from '../splits.js';
import type { Scene, Thing } from './scene-grammar.js';
import { COLOURS, captionsOf, RELATIONS, SHAPES } from './scene-grammar.js';
import { germanCaptionsOf } from './scene-grammar-de.js';
import { chineseCaptionsOf } from './scene-grammar-zh.js';

export interface ScenesOptions {
  /** Decides every scene. */
  readonly seed: number;
  /** Scenes of the train split. */
  readonly train: number;
  /** Scenes of the dev split. */
  readonly dev: number;
}

/** What captions are written in, and by which name the data set is asked for in place of a folder. */
export const SCENE_NAMES = { en: 'scenes', de: 'scenes-de', zh: 'scenes-zh' } as const;
export type SceneLanguage = keyof typeof SCENE_NAMES;

const GRAMMARS: Readonly<Record<SceneLanguage, (scene: Scene) => string[]>> = {
  en: captionsOf,
  de: germanCaptionsOf,
  zh: chineseCaptionsOf,
};

/** The language of the scenes that go by this name; undefined for any other name. */
export function sceneLanguageOf(name: string): SceneLanguage | undefined {
  return (Object.keys(SCENE_NAMES) as SceneLanguage[]).find((language) => SCENE_NAMES[language] === name);
}

export const DEFAULT_SCENES: ScenesOptions = { seed: 1, train: 1200, dev: 100 };
/** Other pictures in every language: a training on all data sets would learn one picture in several languages. */
const DEFAULT_SEEDS: Readonly<Record<SceneLanguage, number>> = { en: DEFAULT_SCENES.seed, de: 1001, zh: 1002 };

export interface SceneItem extends DatasetItem {
  /** What is to be seen, to check captions by. */
  readonly scene: Scene;
}

export interface ScenesDataset extends Dataset {
  readonly items: AsyncIterable<SceneItem>;
}

/** What the grammar says of a scene. */
const CAPTIONS_EACH = 5;

/** Side of the picture in pixels: what VGG16 looks at. */
const SIZE = 224;

const PAINTS: Readonly<Record<(typeof COLOURS)[number], string>> = {
  red: '#e01818',
  green: '#18b030',
  blue: '#1838e8',
  yellow: '#f8d818',
  purple: '#a020c0',
};
/**
 * Both near ImageNet's mean, which VGG16's preprocessing makes 0: where white and black are the grounds, they make up
 * 97 % of the variance of random weights' features, and the things drowned in it are learned ten times more slowly.
 */
const GROUNDS = { light: '#969690', dark: '#606264' } as const;

/** Pairs of things are dealt to the splits by this: one in so many is for dev. */
const DEV_SHARE = 5;

/** Scenes for training and validation. The same options give the same bytes. */
export function openScenes(options?: ScenesOptions, language: SceneLanguage = 'en'): ScenesDataset {
  const { seed, train, dev } = options ?? { ...DEFAULT_SCENES, seed: DEFAULT_SEEDS[language] };
  const name = SCENE_NAMES[language];
  const count = train + dev;
  const summary = {
    format: 'Scenes that the program draws',
    photos: count,
    captions: count * CAPTIONS_EACH,
    splits: { train, dev, test: 0 },
  };
  return {
    name,
    origin: name,
    format: 'scenes',
    language,
    summary,
    items: draw({ seed, train, dev }, GRAMMARS[language]),
    count,
    problems: [],
  };
}

async function* draw(
  { seed, train, dev }: ScenesOptions,
  grammar: (scene: Scene) => string[],
): AsyncGenerator<SceneItem> {
  const generator = xorshift128plus(seed);
  const next = (count: number) => uniformInt(generator, 0, count - 1);
  for (let index = 0; index < train + dev; index++) {
    const split = index < train ? 'train' : 'dev';
    const scene = inventScene(split, next);
    const svg = toSvg(scene, next);
    const name = `scene-${seed}-${String(index).padStart(6, '0')}.png`;
    yield await Promise.resolve({
      path: name,
      name,
      read: async () => new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer()),
      split,
      captions: grammar(scene),
      scene,
    });
  }
}

type Next = (count: number) => number;

function choose<T>(values: readonly [T, ...T[]], next: Next): T {
  return values[next(values.length)] ?? values[0];
}

/** One to three equal things, or two different ones beside or above each other. */
function inventScene(split: Split, next: Next): Scene {
  const thing = (): Thing => ({ colour: choose(COLOURS, next), shape: choose(SHAPES, next) });
  const ground = choose(['light', 'dark'] as const, next);
  if (next(2) === 0) return { kind: 'group', thing: thing(), count: 1 + next(3), ground };
  for (;;) {
    const [first, second] = [thing(), thing()];
    if (first.colour === second.colour || first.shape === second.shape) continue;
    if ((pairNumber(first, second) % DEV_SHARE === 0) === (split === 'dev')) {
      return { kind: 'pair', first, second, relation: choose(RELATIONS, next), ground };
    }
  }
}

/** The same number whichever of the two comes first. */
function pairNumber(first: Thing, second: Thing): number {
  const number = ({ colour, shape }: Thing) => COLOURS.indexOf(colour) * SHAPES.length + SHAPES.indexOf(shape);
  const [low, high] = [number(first), number(second)].sort((a, b) => a - b);
  return (low ?? 0) * COLOURS.length * SHAPES.length + (high ?? 0);
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function toSvg(scene: Scene, next: Next): string {
  const jitter = () => next(9) - 4;
  const places = placesOf(scene).map(({ x, y }) => ({ x: x + jitter(), y: y + jitter() }));
  const things = scene.kind === 'pair' ? [scene.first, scene.second] : places.map(() => scene.thing);
  const drawn = things.map((thing, index) =>
    drawThing(thing, places[index] ?? { x: SIZE / 2, y: SIZE / 2 }, 38 + next(4)),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}"><rect width="${SIZE}" height="${SIZE}" fill="${GROUNDS[scene.ground]}"/>${drawn.join('')}</svg>`;
}

/** Centres far enough apart that no thing covers another. */
function placesOf(scene: Scene): readonly Place[] {
  const [low, middle, high] = [56, 112, 168];
  if (scene.kind === 'pair') {
    return scene.relation === 'left'
      ? [
          { x: low, y: middle },
          { x: high, y: middle },
        ]
      : [
          { x: middle, y: low },
          { x: middle, y: high },
        ];
  }
  if (scene.count === 1) return [{ x: middle, y: middle }];
  if (scene.count === 2)
    return [
      { x: low, y: middle },
      { x: high, y: middle },
    ];
  return [
    { x: low, y: high },
    { x: high, y: high },
    { x: middle, y: low },
  ];
}

function drawThing({ colour, shape }: Thing, { x, y }: Place, radius: number): string {
  const fill = `fill="${PAINTS[colour]}"`;
  if (shape === 'circle') return `<circle cx="${x}" cy="${y}" r="${radius}" ${fill}/>`;
  if (shape === 'square')
    return `<rect x="${x - radius}" y="${y - radius}" width="${2 * radius}" height="${2 * radius}" ${fill}/>`;
  return `<polygon points="${x},${y - radius} ${x - radius},${y + radius} ${x + radius},${y + radius}" ${fill}/>`;
}
