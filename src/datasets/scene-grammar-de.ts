/** What can be said of a scene in German. */
import type { Scene, Thing } from './scene-grammar.js';

type Gender = 'masculine' | 'neuter';

const NOUNS: Readonly<
  Record<
    Thing['shape'],
    { readonly gender: Gender; readonly word: string; readonly plural: string; readonly dativePlural: string }
  >
> = {
  circle: { gender: 'masculine', word: 'Kreis', plural: 'Kreise', dativePlural: 'Kreisen' },
  square: { gender: 'neuter', word: 'Quadrat', plural: 'Quadrate', dativePlural: 'Quadraten' },
  triangle: { gender: 'neuter', word: 'Dreieck', plural: 'Dreiecke', dativePlural: 'Dreiecken' },
};
const COLOURS: Readonly<Record<Thing['colour'], string>> = {
  red: 'rot',
  green: 'grün',
  blue: 'blau',
  yellow: 'gelb',
  purple: 'violett',
};
const NUMBERS = ['null', 'ein', 'zwei', 'drei'] as const;
const GROUNDS = { light: 'hellem', dark: 'dunklem' } as const;

/** A thing with its article, by case. */
function one({ colour, shape }: Thing): { nominative: string; accusative: string; dative: string } {
  const { gender, word } = NOUNS[shape];
  const adjective = COLOURS[colour];
  const dative = `einem ${adjective}en ${word}`;
  if (gender === 'neuter')
    return { nominative: `ein ${adjective}es ${word}`, accusative: `ein ${adjective}es ${word}`, dative };
  return { nominative: `ein ${adjective}er ${word}`, accusative: `einen ${adjective}en ${word}`, dative };
}

/** Five captions, all true, none alike. */
export function germanCaptionsOf(scene: Scene): string[] {
  const ground = `auf ${GROUNDS[scene.ground]} Grund`;
  if (scene.kind === 'group') {
    const { thing, count } = scene;
    if (count === 1) {
      const { nominative, accusative, dative } = one(thing);
      return [
        nominative,
        `${nominative} ${ground}`,
        `es gibt ${accusative}`,
        `ein Bild von ${dative}`,
        `es gibt ${accusative} ${ground}`,
      ];
    }
    const { plural, dativePlural } = NOUNS[thing.shape];
    const [number, adjective] = [NUMBERS[count] ?? String(count), COLOURS[thing.colour]];
    const several = `${number} ${adjective}e ${plural}`;
    return [
      several,
      `${several} ${ground}`,
      `es gibt ${several}`,
      `ein Bild von ${number} ${adjective}en ${dativePlural}`,
      `es gibt ${several} ${ground}`,
    ];
  }
  const [first, second] = [one(scene.first), one(scene.second)];
  const [forth, back] = scene.relation === 'left' ? ['links von', 'rechts von'] : ['über', 'unter'];
  return [
    `${first.nominative} ${forth} ${second.dative}`,
    `${first.nominative} ${forth} ${second.dative} ${ground}`,
    `${second.nominative} ${back} ${first.dative}`,
    `es gibt ${first.accusative} ${forth} ${second.dative}`,
    `ein Bild von ${first.dative} ${forth} ${second.dative}`,
  ];
}
