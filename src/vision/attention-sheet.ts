/** Where a captioner looked for each word, as a picture: the photo once as it is, and once for each word, bright where it looked. */
import sharp from 'sharp';

export interface LookedAtWord {
  readonly word: string;
  /** 0..1. */
  readonly probability: number;
  /** Weights of the photo's places, row by row from the top left [rows * columns]. */
  readonly attention: readonly number[];
}

/** Pixels of the longer side of a photo in the sheet. */
const TILE = 224;
const COLUMNS = 5;
const GAP = 12;
const LABEL = 30;
/** How dark places are that were not looked at. */
const SHADE = 0.75;

/**
 * @param photo a small copy in a format that browsers show
 * @param words each with weights of a square grid of places
 * @returns a PNG file
 */
export async function attentionSheet(photo: Uint8Array, words: readonly LookedAtWord[]): Promise<Uint8Array> {
  const { data: tile, info } = await sharp(photo)
    .resize({ width: TILE, height: TILE, fit: 'inside' })
    .removeAlpha()
    .png()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const shaded = await Promise.all(words.map(({ attention }) => shade(tile, attention, width, height)));
  const pictures = [tile, ...shaded];
  const labels = ['', ...words.map(({ word, probability }) => `${word}  ${Math.round(100 * probability)} %`)];
  const columns = Math.min(COLUMNS, pictures.length);
  const rows = Math.ceil(pictures.length / columns);
  const placeOf = (index: number) => ({
    left: GAP + (index % columns) * (width + GAP),
    top: GAP + Math.floor(index / columns) * (height + LABEL + GAP),
  });
  const size = { width: GAP + columns * (width + GAP), height: GAP + rows * (height + LABEL + GAP) };
  const texts = labels.map((label, index) => {
    const { left, top } = placeOf(index);
    return `<text x="${left + width / 2}" y="${top + height + LABEL * 0.7}" text-anchor="middle">${escaped(label)}</text>`;
  });
  const captions = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="16" fill="#222">${texts.join('')}</svg>`;
  return sharp({ create: { ...size, channels: 3, background: '#ffffff' } })
    .composite([
      ...pictures.map((input, index) => ({ input, ...placeOf(index) })),
      { input: Buffer.from(captions), left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
}

/** The photo, the darker the less a place was looked at. */
async function shade(tile: Buffer, attention: readonly number[], width: number, height: number): Promise<Buffer> {
  const side = Math.sqrt(attention.length);
  const most = Math.max(...attention, Number.MIN_VALUE);
  const darkness = Uint8Array.from(attention, (weight) => Math.round(255 * SHADE * (1 - weight / most)));
  const alpha = await sharp(darkness, { raw: { width: side, height: side, channels: 1 } })
    .resize({ width, height, fit: 'fill', kernel: 'cubic' })
    .extractChannel(0)
    .raw()
    .toBuffer();
  const black = await sharp({ create: { width, height, channels: 3, background: '#000000' } })
    .joinChannel(alpha, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
  return sharp(tile)
    .composite([{ input: black }])
    .png()
    .toBuffer();
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/\p{Cc}/gu, '');
}
