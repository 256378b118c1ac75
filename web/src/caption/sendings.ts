/** Photos on their way to the server. They go on when another view is shown. */
import { type Signal, signal } from '@preact/signals';
import { graphql } from '../api/graphql.js';
import { upload } from '../api/upload.js';
import { announce } from '../parts/announce.js';

const CaptionImage = graphql(`
  mutation CaptionImage($upload: Upload!) {
    captionImage(upload: $upload) {
      id
      text
      duplicate
    }
  }
`);

export type Progress =
  | { readonly step: 'waiting' }
  /** How much has been sent, 0 to 1. */
  | { readonly step: 'sending'; readonly share: number }
  | { readonly step: 'writing' }
  | { readonly step: 'done'; readonly imageId: string; readonly duplicate: boolean }
  | { readonly step: 'failed'; readonly error: unknown };

export interface Sending {
  readonly key: number;
  readonly file: File;
  /** The photo, as the browser itself shows it; undefined for one that it cannot show, such as a TIFF. */
  readonly preview: { readonly src: string; readonly width: number; readonly height: number } | undefined;
  readonly progress: Signal<Progress>;
  readonly controller: AbortController;
}

export const sendings = signal<readonly Sending[]>([]);

/** The server reads four at once; two keep it busy while the next is sent. */
const AT_ONCE = 2;
let lastKey = 0;

/** Has files captioned, in their order. Whether one is a photo is for the server to say. */
export async function send(files: readonly File[]): Promise<void> {
  const added = await Promise.all(files.map(toSending));
  sendings.value = [...sendings.value, ...added];
  sendNext();
}

export function remove(sending: Sending): void {
  sending.controller.abort();
  sendings.value = sendings.value.filter((other) => other !== sending);
  if (sending.preview) URL.revokeObjectURL(sending.preview.src);
  sendNext();
}

export function retry(sending: Sending): void {
  sending.progress.value = { step: 'waiting' };
  sendNext();
}

function sendNext(): void {
  const busy = sendings.value.filter(({ progress: { value } }) => value.step === 'sending' || value.step === 'writing');
  const next = sendings.value.filter(({ progress: { value } }) => value.step === 'waiting');
  for (const sending of next.slice(0, Math.max(0, AT_ONCE - busy.length))) void run(sending);
}

async function run({ file, progress, controller }: Sending): Promise<void> {
  progress.value = { step: 'sending', share: 0 };
  const onSent = (share: number) => {
    progress.value = share < 1 ? { step: 'sending', share } : { step: 'writing' };
  };
  try {
    const { captionImage } = await upload(CaptionImage, {}, file, onSent, controller.signal);
    progress.value = { step: 'done', imageId: captionImage.id, duplicate: captionImage.duplicate };
    announce(`${file.name}: ${captionImage.text}`);
  } catch (error) {
    if (controller.signal.aborted) return;
    progress.value = { step: 'failed', error };
  }
  sendNext();
}

async function toSending(file: File): Promise<Sending> {
  lastKey += 1;
  const key = lastKey;
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  const preview = bitmap && { src: URL.createObjectURL(file), width: bitmap.width, height: bitmap.height };
  bitmap?.close();
  return { key, file, preview, progress: signal<Progress>({ step: 'waiting' }), controller: new AbortController() };
}
