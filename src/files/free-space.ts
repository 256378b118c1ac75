/**
 * How much room a disk has, and whether something may still be written there. A reserve stays free: a database that finds
 * no room for its log of changes ends, or worse, stands.
 */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';

export const DEFAULT_RESERVE_BYTES = 64 * 2 ** 20;

/**
 * `growth` brings something new, such as a photo. `upkeep` changes or removes what is there, such as the state of a
 * job: half the reserve is for that.
 */
export type SpaceUse = 'growth' | 'upkeep';

export interface DiskState {
  /** `full`: nothing new is written until a quarter of the reserve more is free than the reserve. */
  readonly state: 'ok' | 'full';
  readonly freeBytes: number;
  /** What is kept free. */
  readonly reserveBytes: number;
}

/** It must have more room than this, so that one photo that is removed does not turn the state to and fro. */
const ROOM_AGAIN = 1.25;

/** Between two attempts to make room. */
const RELIEF_MILLISECONDS = 10_000;

export class FreeSpace {
  private full = false;
  /** Bytes that are being written, and may not be on the disk yet. */
  private claimed = 0;
  private readonly folder: string;
  private relieve: (() => Promise<unknown>) | undefined;
  private relievedAt = -Infinity;
  private told: ((state: DiskState) => void) | undefined;

  /**
   * @param folder on the disk that is meant; it need not be there yet
   * @param reserve bytes that stay free; 0: writes are not checked
   */
  constructor(
    folder: string,
    readonly reserve = DEFAULT_RESERVE_BYTES,
  ) {
    this.folder = resolve(folder);
  }

  async state(): Promise<DiskState> {
    const freeBytes = await freeBytesOf(this.folder);
    const wasFull = this.full;
    this.full = freeBytes < (wasFull ? ROOM_AGAIN * this.reserve : this.reserve);
    const state: DiskState = { state: this.full ? 'full' : 'ok', freeBytes, reserveBytes: this.reserve };
    if (this.full !== wasFull) this.told?.(state);
    return state;
  }

  /**
   * Sets bytes aside that are about to be written.
   *
   * @returns a function to be called when they are written, or will not be
   * @throws EkphrasisError STORAGE_FAILED when there is no room for them
   */
  async claim(bytes: number, use: SpaceUse = 'growth'): Promise<() => void> {
    if (this.reserve === 0) return () => undefined;
    // Counted before the disk is asked: of several that ask at once none overlooks the others.
    this.claimed += bytes;
    const release = () => {
      this.claimed -= bytes;
    };
    try {
      const { state, freeBytes } = await this.state();
      const left = freeBytes - this.claimed;
      if (use === 'growth' ? state === 'ok' && left >= this.reserve : left >= this.reserve / 2) return release;
      // Not waited for: whoever asks may hold what it needs, such as the only transaction.
      if (freeBytes >= this.reserve / 2) this.makeRoom();
      throw diskFull(bytes, freeBytes, this.reserve);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** @param listener told when the disk turned out to be full, and when there is room again */
  onChange(listener: (state: DiskState) => void): void {
    this.told = listener;
  }

  /** @param action may make room, as a database that lets go of its log; it is called now and then when there is none */
  onFull(action: () => Promise<unknown>): void {
    this.relieve = action;
  }

  /** Writes something of so many bytes. @throws STORAGE_FAILED when there is no room; what the action throws */
  async within<T>(bytes: number, action: () => Promise<T>, use: SpaceUse = 'growth'): Promise<T> {
    const release = await this.claim(bytes, use);
    try {
      return await action();
    } finally {
      release();
    }
  }

  private makeRoom(): void {
    const now = performance.now();
    if (!this.relieve || now - this.relievedAt < RELIEF_MILLISECONDS) return;
    this.relievedAt = now;
    // It may help the next.
    this.relieve().catch(() => undefined);
  }
}

/** Of the disk on which a folder lies, or will lie. A file system that does not say has room. */
async function freeBytesOf(folder: string): Promise<number> {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize, blocks } = await statfs(place);
  return blocks === 0 ? Infinity : bavail * bsize;
}

/** More than this is told of as what it is: there may be room for others. */
const LARGE_BYTES = 2 ** 20;

function diskFull(bytes: number, freeBytes: number, reserve: number): EkphrasisError {
  const megabytes = (count: number) => `${Math.floor(count / 2 ** 20)} MB`;
  const state = `${megabytes(freeBytes)} are free, and ${megabytes(reserve)} must stay so.`;
  const isLarge = bytes > LARGE_BYTES && freeBytes >= reserve;
  const message =
    (isLarge
      ? `The disk has no room for ${megabytes(bytes)}: ${state} `
      : `The disk is nearly full: ${state} Nothing new is stored until there is room again; what is stored can be read and searched. `) +
    'Make room, or move EKPHRASIS_DATA to a larger disk.';
  const cause = Object.assign(new Error('too little free space'), { code: 'ENOSPC' });
  return new EkphrasisError(ErrorCode.StorageFailed, message, { cause });
}
