/** What can be said of a scene in Chinese, which is written without blanks. */
import type { Scene, Thing } from './scene-grammar.js';

const SHAPES: Readonly<Record<Thing['shape'], string>> = { circle: '圆形', square: '正方形', triangle: '三角形' };
const COLOURS: Readonly<Record<Thing['colour'], string>> = {
  red: '红色',
  green: '绿色',
  blue: '蓝色',
  yellow: '黄色',
  purple: '紫色',
};
/** Before a measure word, two is 两 and not 二. */
const NUMBERS = ['零', '一', '两', '三'] as const;
const GROUNDS = { light: '浅色', dark: '深色' } as const;

/** So many of a thing: the measure word of shapes is 个, that of pictures 张. */
function some({ colour, shape }: Thing, count = 1): string {
  return `${NUMBERS[count] ?? String(count)}个${COLOURS[colour]}${SHAPES[shape]}`;
}

/** Five captions, all true, none alike. */
export function chineseCaptionsOf(scene: Scene): string[] {
  const ground = `${GROUNDS[scene.ground]}背景上`;
  if (scene.kind === 'group') {
    const things = some(scene.thing, scene.count);
    return [things, `${ground}的${things}`, `有${things}`, `一张${things}的图片`, `${ground}有${things}`];
  }
  const [first, second] = [some(scene.first), some(scene.second)];
  const [forth, back] = scene.relation === 'left' ? ['左边', '右边'] : ['上面', '下面'];
  return [
    `${first}在${second}的${forth}`,
    `${ground}，${first}在${second}的${forth}`,
    `${second}在${first}的${back}`,
    `有${first}在${second}的${forth}`,
    `图片里${first}在${second}的${forth}`,
  ];
}
