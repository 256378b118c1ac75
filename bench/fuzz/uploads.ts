/** Photos in each format with bytes lost, doubled or exchanged, in multipart requests that are whole or broken. */
import sharp from 'sharp';
import { openScenes } from '../../src/datasets/scenes.js';
import type { Choice } from './choice.js';

export interface Upload {
  readonly body: Buffer;
  readonly contentType: string;
}

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;

/** Drawn scenes in every format that is read. */
export async function drawPhotos(): Promise<readonly Buffer[]> {
  const photos: Buffer[] = [];
  for await (const scene of openScenes({ seed: 1, train: 4, dev: 0 }).items) {
    const png = await scene.read();
    for (const format of FORMATS) photos.push(await sharp(png).resize(224).toFormat(format).toBuffer());
  }
  return photos;
}

export function drawUpload(photos: readonly Buffer[], choice: Choice): Upload {
  const photo = choice.of(photos);
  const bytes = choice.chance(0.05) ? photo : damaged(photo, choice);
  const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { id text image { width height } } }';
  const operations = choice.chance(0.03)
    ? choice.of(['', '[]', 'null', '{"query":1}', '{"query"'])
    : JSON.stringify({ query, variables: { upload: null } });
  const map = choice.chance(0.03)
    ? choice.of([
        '',
        '{}',
        '{"0":["variables.other.a"]}',
        '{"0":"variables.upload"}',
        '{"1":["variables.upload"]}',
        '[1]',
      ])
    : '{"0":["variables.upload"]}';
  const boundary = `----fuzz${choice.below(2 ** 31)}`;
  const name = choice.of(['photo.jpg', '', 'a'.repeat(400), '../../x.png', 'ä\u202e.gif', 'x"y.jpg', 'photo']);
  const part = (head: string, content: Buffer | string) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]);
  const parts = [
    part('name="operations"', operations),
    part('name="map"', map),
    part(
      `name="0"; filename="${name.replaceAll('"', '%22')}"\r\nContent-Type: ${choice.of(['image/jpeg', 'text/html', 'x'])}`,
      bytes,
    ),
  ];
  if (choice.chance(0.02)) parts.reverse();
  if (choice.chance(0.02)) parts.push(parts[2] ?? Buffer.alloc(0));
  const body = Buffer.concat([...parts, Buffer.from(choice.chance(0.02) ? '' : `--${boundary}--\r\n`)]);
  const told = choice.chance(0.02)
    ? choice.of(['', '; boundary=', '; boundary=other', `; boundary=${'b'.repeat(300)}`])
    : `; boundary=${boundary}`;
  return { body, contentType: `multipart/form-data${told}` };
}

function damaged(photo: Buffer, choice: Choice): Buffer {
  const place = choice.below(photo.length);
  const end = Math.min(photo.length, place + 1 + choice.below(500));
  switch (choice.below(5)) {
    case 0:
      return photo.subarray(0, place);
    case 1:
      return Buffer.concat([photo.subarray(0, place), photo.subarray(end)]);
    case 2:
      return Buffer.concat([photo.subarray(0, end), photo.subarray(place)]);
    default: {
      const copy = Buffer.from(photo);
      // Most of what a decoder trusts is said at the start.
      const reach = choice.chance(0.6) ? Math.min(copy.length, 200) : copy.length;
      for (let times = 1 + choice.below(40); times > 0; times--) copy[choice.below(reach)] = choice.below(256);
      return copy;
    }
  }
}
