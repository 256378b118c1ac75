/** Small copies of photos for pages that show many: made when they are first asked for, then kept. */
import pLimit from 'p-limit';
import type { ImageRecord } from '../store/images.js';
import type { Store } from '../store/store.js';
import type { ThumbnailCache } from '../store/thumbnail-cache.js';
import { type PhotoLimits, shrinkPhoto } from '../vision/photo.js';
import { readablePhoto } from '../vision/readable-photo.js';
import { isShownByBrowsers } from './read-photo.js';

/** Of a copy in place of a photo that browsers do not show. */
const SCREEN_WIDTH = 2560;
/** In pixels: a place of a grid, on a usual screen and on one of twice its density, and a whole screen. */
export const THUMBNAIL_WIDTHS = [320, 640, SCREEN_WIDTH] as const;
export type ThumbnailWidth = (typeof THUMBNAIL_WIDTHS)[number];

/** Each may have MAX_PIXELS in memory, and decoding competes with captioning. */
const AT_ONCE = 2;

type Copied = Pick<ImageRecord, 'id' | 'sha256' | 'mediaType'>;

export class Thumbnails {
  private readonly limit = pLimit(AT_ONCE);
  /** Being made now, by name: a grid that is opened twice has each made once. */
  private readonly making = new Map<string, Promise<Uint8Array | undefined>>();

  /**
   * @param render makes JPEG of HEIC, in the process that sees and writes
   * @param onRead told of each read, whether the copy was there already
   */
  constructor(
    private readonly cache: ThumbnailCache,
    private readonly store: Pick<Store, 'images'>,
    private readonly limits: PhotoLimits,
    private readonly render: (heif: Uint8Array) => Promise<Uint8Array>,
    private readonly onRead: (found: boolean) => void,
  ) {}

  /**
   * @returns a WebP file at most `width` pixels wide; undefined when the photo was deleted
   * @throws INVALID_IMAGE, IMAGE_TOO_LARGE for a photo that was stored under other limits; STORAGE_FAILED
   */
  async read(image: Copied, width: ThumbnailWidth): Promise<Uint8Array | undefined> {
    const kept = await this.cache.read(image.sha256, width);
    this.onRead(kept !== undefined);
    if (kept) return kept;
    const name = `${image.sha256}-${width}`;
    const making = this.making.get(name) ?? this.make(image, width);
    this.making.set(name, making);
    try {
      return await making;
    } finally {
      this.making.delete(name);
    }
  }

  private async make(image: Copied, width: ThumbnailWidth): Promise<Uint8Array | undefined> {
    // Decoding these may take seconds: once for all copies.
    if (width === SCREEN_WIDTH || isShownByBrowsers(image)) return this.limit(() => this.makeOfPhoto(image, width));
    const large = await this.read(image, SCREEN_WIDTH);
    return large && this.limit(() => this.keep(image, width, large));
  }

  private async makeOfPhoto(image: Copied, width: ThumbnailWidth): Promise<Uint8Array | undefined> {
    const bytes = await this.store.images.readBytes(image.id);
    if (!bytes) return undefined;
    const readable = await readablePhoto(bytes, this.limits, this.render);
    return this.keep(image, width, readable.bytes);
  }

  private async keep({ sha256 }: Copied, width: ThumbnailWidth, readable: Uint8Array): Promise<Uint8Array> {
    const thumbnail = await shrinkPhoto(readable, width, this.limits);
    await this.cache.write(sha256, width, thumbnail);
    return thumbnail;
  }
}
