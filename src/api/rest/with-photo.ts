/** Requests with a photo: received whole, read as there is room for them, then captioned. */
import type { Request, Response } from 'express';
import { nameOf } from '../../access/client.js';
import { toPhotoName } from '../../collection/photo-name.js';
import type { Photo } from '../../collection/context.js';
import { currentRequester } from '../../inference/requester.js';
import type { Workplace } from '../context.js';
import { PRICES } from '../costs.js';
import { clientOf } from '../server/authentication.js';
import type { PhotoSource, RemotePhoto } from './photo-source.js';
import { receiveBody } from './receive-body.js';

/** A photo that nobody gave a name. */
const NAMELESS = 'photo';

/** What a body says. */
export interface Wish<Wanted> {
  readonly source: PhotoSource;
  readonly wanted: Wanted;
}

/**
 * Receives a request and does what it wants. Large bodies and photos wait on the disk until there is memory for them;
 * a photo at an address is fetched meanwhile, so that a slow server keeps nobody waiting.
 *
 * @throws RequestError TOO_MANY_REQUESTS and what `receiveBody`, `read` and `use` throw
 */
export async function withPhoto<Wanted, Answer>(
  request: Request,
  response: Response,
  workplace: Workplace,
  read: (body: Buffer) => Promise<Wish<Wanted>> | Wish<Wanted>,
  use: (photo: Photo, wanted: Wanted) => Promise<Answer>,
): Promise<Answer> {
  const { allowances, uploads, services } = workplace;
  const client = nameOf(clientOf(request));
  await allowances.take(client, 'uploads');
  await allowances.take(client, 'cost', PRICES.captionImage);
  const body = await receiveBody(request, response, workplace);
  const first = await uploads.inTurn<{ answer: Answer } | { source: RemotePhoto; wanted: Wanted }>(
    body.size,
    async () => {
      const { source, wanted } = await read(await body.read());
      if ('url' in source) return { source, wanted };
      return { answer: await use({ bytes: source.bytes, name: toPhotoName(source.name ?? NAMELESS) }, wanted) };
    },
  );
  if ('answer' in first) return first.answer;
  const { source, wanted } = first;
  const bytes = await services.fetchPhoto(source.url, currentRequester().signal);
  const name = toPhotoName(source.name ?? lastPartOf(source.url));
  return uploads.inTurn(bytes.length, () => use({ bytes, name }, wanted));
}

/** As a browser would save it. */
function lastPartOf(url: string): string {
  const [last = ''] = new URL(url).pathname.split('/').reverse();
  try {
    return decodeURIComponent(last) || NAMELESS;
  } catch {
    return NAMELESS;
  }
}
