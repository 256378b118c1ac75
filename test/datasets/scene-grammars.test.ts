/**
 * What scenes say in German and in Chinese is true of what they show, and is right German: read by parsers that know
 * nothing of the grammars.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COLOURS, RELATIONS, type Scene, SHAPES, type Thing } from '../../src/datasets/scene-grammar.js';
import { germanCaptionsOf } from '../../src/datasets/scene-grammar-de.js';
import { chineseCaptionsOf } from '../../src/datasets/scene-grammar-zh.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { collect } from './collect.js';

/** What a caption says; a ground that it does not name is undefined. */
interface Said {
  readonly things: readonly (Thing & { readonly count: number })[];
  readonly relation?: 'left' | 'right' | 'above' | 'below' | undefined;
  readonly ground?: Scene['ground'] | undefined;
}

const thing = fc.record({ colour: fc.constantFrom(...COLOURS), shape: fc.constantFrom(...SHAPES) });
const ground = fc.constantFrom('light' as const, 'dark' as const);
const scene: fc.Arbitrary<Scene> = fc.oneof(
  fc.record({ kind: fc.constant('group' as const), thing, count: fc.integer({ min: 1, max: 3 }), ground }),
  fc.record({
    kind: fc.constant('pair' as const),
    first: thing,
    second: thing,
    relation: fc.constantFrom(...RELATIONS),
    ground,
  }),
);

const OPPOSITES = { left: 'right', above: 'below' } as const;

function expectTrue(shown: Scene, { things, relation, ground: named }: Said, caption: string): void {
  if (named !== undefined) expect(named, caption).toBe(shown.ground);
  if (shown.kind === 'group') {
    expect({ things, relation }, caption).toEqual({
      things: [{ ...shown.thing, count: shown.count }],
      relation: undefined,
    });
    return;
  }
  const [first, second] = [shown.first, shown.second].map((one) => ({ ...one, count: 1 }));
  const isForth = relation === shown.relation;
  expect({ things, relation }, caption).toEqual({
    things: isForth ? [first, second] : [second, first],
    relation: isForth ? shown.relation : OPPOSITES[shown.relation],
  });
}

type Case = 'nominative' | 'accusative' | 'dative';

/**
 * German's mixed declension after `ein`, and its strong one after numbers without endings and without an article
 * (Duden, Die Grammatik).
 */
const ARTICLES = {
  masculine: { nominative: 'ein', accusative: 'einen', dative: 'einem' },
  neuter: { nominative: 'ein', accusative: 'ein', dative: 'einem' },
} as const;
const ENDINGS = {
  masculine: { nominative: 'er', accusative: 'en', dative: 'en' },
  neuter: { nominative: 'es', accusative: 'es', dative: 'en' },
  plural: { nominative: 'e', accusative: 'e', dative: 'en' },
} as const;
const GENDERS = { Kreis: 'masculine', Quadrat: 'neuter', Dreieck: 'neuter' } as const;
const GERMAN_SHAPES = { Kreis: 'circle', Quadrat: 'square', Dreieck: 'triangle' } as const;
const GERMAN_COLOURS = { rot: 'red', grün: 'green', blau: 'blue', gelb: 'yellow', violett: 'purple' } as const;
const GERMAN_NUMBERS = ['zwei', 'drei'] as const;

/** All ways to name things in a case, by what is said. */
function germanNames(inCase: Case): Map<string, Said['things'][number]> {
  const names = new Map<string, Said['things'][number]>();
  for (const noun of ['Kreis', 'Quadrat', 'Dreieck'] as const) {
    for (const adjective of ['rot', 'grün', 'blau', 'gelb', 'violett'] as const) {
      const [gender, what] = [GENDERS[noun], { colour: GERMAN_COLOURS[adjective], shape: GERMAN_SHAPES[noun] }];
      names.set(`${ARTICLES[gender][inCase]} ${adjective}${ENDINGS[gender][inCase]} ${noun}`, { ...what, count: 1 });
      const plural = `${noun}e${inCase === 'dative' ? 'n' : ''}`;
      GERMAN_NUMBERS.forEach((number, index) =>
        names.set(`${number} ${adjective}${ENDINGS.plural[inCase]} ${plural}`, { ...what, count: index + 2 }),
      );
    }
  }
  return names;
}

const GERMAN_NAMES = {
  nominative: germanNames('nominative'),
  accusative: germanNames('accusative'),
  dative: germanNames('dative'),
};
const GERMAN =
  /^(?:(?<there>es gibt) |(?<picture>ein Bild von) )?(?<first>\S+ \S+ \S+)(?: (?<relation>links von|rechts von|über|unter) (?<second>\S+ \S+ \S+))?(?: auf (?<ground>hellem|dunklem) Grund)?$/u;
const GERMAN_RELATIONS: Readonly<Record<string, Said['relation']>> = {
  'links von': 'left',
  'rechts von': 'right',
  über: 'above',
  unter: 'below',
};
const GERMAN_GROUNDS: Readonly<Record<string, Said['ground']>> = { hellem: 'light', dunklem: 'dark' };

/**
 * `es gibt` has the accusative, `von` the dative, and so have `über` and `unter` where nothing moves. Other forms are
 * no German.
 */
function readGerman(caption: string): Said | undefined {
  const groups = GERMAN.exec(caption)?.groups;
  if (!groups) return undefined;
  const { there, picture, first = '', relation, second, ground: named } = groups;
  const one = GERMAN_NAMES[there ? 'accusative' : picture ? 'dative' : 'nominative'].get(first);
  const other = second === undefined ? undefined : GERMAN_NAMES.dative.get(second);
  if (!one || (second !== undefined && !other)) return undefined;
  return {
    things: other ? [one, other] : [one],
    relation: GERMAN_RELATIONS[relation ?? ''],
    ground: GERMAN_GROUNDS[named ?? ''],
  };
}

const CHINESE_SHAPES: Readonly<Record<string, Thing['shape']>> = {
  圆形: 'circle',
  正方形: 'square',
  三角形: 'triangle',
};
const CHINESE_COLOURS: Readonly<Record<string, Thing['colour']>> = {
  红: 'red',
  绿: 'green',
  蓝: 'blue',
  黄: 'yellow',
  紫: 'purple',
};
const CHINESE_RELATIONS: Readonly<Record<string, Said['relation']>> = {
  左边: 'left',
  右边: 'right',
  上面: 'above',
  下面: 'below',
};
const CHINESE_THING = '([一两三]个[红绿蓝黄紫]色(?:圆形|正方形|三角形))';
/** Either things alone, or `A在B的左边`: A is to the left of B. */
const CHINESE = new RegExp(
  `^(?:(浅色|深色)背景上[，有的]?)?(?:一张|图片里|有)?${CHINESE_THING}(?:在${CHINESE_THING}的(左边|右边|上面|下面)|的图片)?$`,
  'u',
);

function readChinese(caption: string): Said | undefined {
  const [, named, first, second, relation] = CHINESE.exec(caption) ?? [];
  if (first === undefined) return undefined;
  const things = [first, second].flatMap((name) => {
    const [, number = '', colour = '', shape = ''] = /^(.)个(.)色(.*)$/u.exec(name ?? '') ?? [];
    const what = { colour: CHINESE_COLOURS[colour], shape: CHINESE_SHAPES[shape] };
    return what.colour && what.shape
      ? [{ colour: what.colour, shape: what.shape, count: '一两三'.indexOf(number) + 1 }]
      : [];
  });
  return {
    things,
    relation: relation === undefined ? undefined : CHINESE_RELATIONS[relation],
    ground: named === undefined ? undefined : named === '浅色' ? 'light' : 'dark',
  };
}

describe.each([
  ['German', 'de', germanCaptionsOf, readGerman],
  ['Chinese', 'zh', chineseCaptionsOf, readChinese],
] as const)('scenes in %s', (_, language, captionsOf, read) => {
  test('are told five times, each time otherwise, and truly', () => {
    fc.assert(
      fc.property(scene, (shown) => {
        const captions = captionsOf(shown);
        expect(new Set(captions).size).toBe(5);
        for (const caption of captions) {
          const said = read(caption);
          expect(said, caption).toBeDefined();
          if (said) expectTrue(shown, said, caption);
        }
      }),
    );
  });

  test('come with the captions of what is drawn', async () => {
    for (const { scene: shown, captions } of await collect(
      openScenes({ seed: 4, train: 60, dev: 20 }, language).items,
    )) {
      expect(captions).toEqual(captionsOf(shown));
    }
  });
});

test.each([
  'ein roter Quadrat',
  'eine rote Kreis',
  'es gibt ein roter Kreis',
  'ein Bild von ein roter Kreis',
  'ein roter Kreis links von ein blaues Quadrat',
  'zwei rote Kreis',
  'ein Bild von zwei roten Kreise',
  'ein rotes Kreis auf hellem Grund',
  'ein roter Kreis über einen blauen Kreis',
  'ein roter Kreis auf heller Grund',
])('the parser takes "%s" for no German', (caption) => {
  expect(readGerman(caption)).toBeUndefined();
});

test.each(['二个红色圆形', '一张红色圆形', '红色圆形', '一个红色圆形在一个蓝色正方形'])(
  'the parser takes "%s" for no sentence of Chinese that is asked for',
  (caption) => {
    expect(readChinese(caption)).toBeUndefined();
  },
);
