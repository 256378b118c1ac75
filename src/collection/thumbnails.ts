/** Small copies of photos for pages that show many: made when they are first asked for, then kept. */
import pLimit from 'p-limit';
import type { ImageRecord } from '../store/images.js';
import type { Store } from '../store/store.js';
import { ThumbnailCache } from '../store/thumbnail-cache.js';
import { type PhotoLimits, shrinkPhoto } from '../vision/photo.js';

/** In pixels: a place of a grid, on a usual screen and on one of twice its density. */
export const THUMBNAIL_WIDTHS = [320, 640] as const;
export type ThumbnailWidth = (typeof THUMBNAIL_WIDTHS)[number];

/** Each may have MAX_PIXELS in memory, and decoding competes with captioning. */
const AT_ONCE = 2;

export class Thumbnails {
  private readonly cache: ThumbnailCache;
  private readonly limit = pLimit(AT_ONCE);
  /** Being made now, by name: a grid that is opened twice has each made once. */
  private readonly making = new Map<string, Promise<Uint8Array | undefined>>();

  constructor(
    dataDirectory: string,
    private readonly store: Pick<Store, 'images'>,
    private readonly limits: PhotoLimits,
  ) {
    this.cache = new ThumbnailCache(dataDirectory);
  }

  /**
   * @returns a WebP file at most `width` pixels wide; undefined when the photo was deleted
   * @throws INVALID_IMAGE, IMAGE_TOO_LARGE for a photo that was stored under other limits; STORAGE_FAILED
   */
  async read(image: Pick<ImageRecord, 'id' | 'sha256'>, width: ThumbnailWidth): Promise<Uint8Array | undefined> {
    const kept = await this.cache.read(image.sha256, width);
    if (kept) return kept;
    const name = `${image.sha256}-${width}`;
    const making = this.making.get(name) ?? this.limit(() => this.make(image, width));
    this.making.set(name, making);
    try {
      return await making;
    } finally {
      this.making.delete(name);
    }
  }

  private async make({ id, sha256 }: Pick<ImageRecord, 'id' | 'sha256'>, width: ThumbnailWidth): Promise<Uint8Array | undefined> {
    const bytes = await this.store.images.readBytes(id);
    if (!bytes) return undefined;
    const thumbnail = await shrinkPhoto(bytes, width, this.limits);
    await this.cache.write(sha256, width, thumbnail);
    return thumbnail;
  }
}
