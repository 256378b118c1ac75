import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { captionsOf, isTrue } from '../../src/datasets/scene-grammar.js';
import type { Scene } from '../../src/datasets/scene-grammar.js';
import type { SceneItem } from '../../src/datasets/scenes.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { tokenise } from '../../src/language/tokeniser.js';
import { collect } from './collect.js';

function scenes(options: { seed: number; train: number; dev: number }): Promise<SceneItem[]> {
  return collect(openScenes(options).items);
}

const pair: Scene = {
  kind: 'pair',
  first: { colour: 'red', shape: 'circle' },
  second: { colour: 'blue', shape: 'square' },
  relation: 'left',
  ground: 'dark',
};
const group: Scene = { kind: 'group', thing: { colour: 'green', shape: 'triangle' }, count: 2, ground: 'light' };

describe('scenes', () => {
  it('are the same bytes for the same seed, and others for another', async () => {
    const [a] = await scenes({ seed: 3, train: 1, dev: 0 });
    const [b] = await scenes({ seed: 3, train: 1, dev: 0 });
    const [c] = await scenes({ seed: 4, train: 1, dev: 0 });
    expect(await a?.read()).toEqual(await b?.read());
    expect(await a?.read()).not.toEqual(await c?.read());
  });

  it('are pictures of 224 x 224 pixels that show the colours they are said to show', async () => {
    for (const item of await scenes({ seed: 5, train: 12, dev: 0 })) {
      const { data, info } = await sharp(await item.read())
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([224, 224]);
      const red = Array.from({ length: info.width * info.height }, (_, pixel) =>
        data.subarray(pixel * 3, pixel * 3 + 3),
      ).filter(([r = 0, g = 0, b = 0]) => r > 180 && g < 60 && b < 60);
      expect(red.length > 500).toBe(item.captions.some((caption) => tokenise(caption).includes('red')));
    }
  });

  it('come with five different captions, all true', async () => {
    for (const { scene, captions } of await scenes({ seed: 6, train: 200, dev: 50 })) {
      expect(new Set(captions).size).toBe(5);
      for (const caption of captions) expect(isTrue(scene, caption), caption).toBe(true);
    }
  });

  it('never show a pair in dev that train has shown', async () => {
    const items = await scenes({ seed: 7, train: 400, dev: 200 });
    const key = ({ scene }: SceneItem) =>
      scene.kind === 'pair'
        ? [scene.first, scene.second]
            .map(({ colour, shape }) => `${colour} ${shape}`)
            .sort()
            .join(' and ')
        : undefined;
    const seen = new Set(items.filter(({ split }) => split === 'train').map(key));
    const dev = items.filter(({ split, scene }) => split === 'dev' && scene.kind === 'pair');
    expect(dev.length).toBeGreaterThan(20);
    expect(dev.filter((item) => seen.has(key(item)))).toEqual([]);
  });
});

describe('the judge of captions', () => {
  it('refuses a wrong colour, shape, number, relation or ground', () => {
    for (const wrong of [
      'two red triangles',
      'two green squares',
      'three green triangles',
      'a green triangle',
      'two green triangles on a dark ground',
      'two triangles',
    ]) {
      expect(isTrue(group, wrong), wrong).toBe(false);
    }
    for (const wrong of [
      'a red circle',
      'a red circle to the right of a blue square',
      'a red circle above a blue square',
      'a blue circle to the left of a red square',
      'a red circle and a blue square',
      'two red circles to the left of a blue square',
    ]) {
      expect(isTrue(pair, wrong), wrong).toBe(false);
    }
  });

  it('accepts every way the grammar says it', () => {
    for (const scene of [pair, group])
      for (const caption of captionsOf(scene)) expect(isTrue(scene, caption), caption).toBe(true);
    expect(isTrue(pair, 'a blue square to the right of a red circle')).toBe(true);
  });
});
