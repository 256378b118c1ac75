import { readFile, stat } from 'node:fs/promises';

import { Captioner } from '../captioner/captioner.js';
import { readCheckpoint } from '../captioner/checkpoint.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';

/** The current model and the one it is compared with; each takes some ten megabytes. */
const MAXIMUM = 3;

interface Entry {
  /** Size and time of the file: a checkpoint that was written anew is loaded anew. */
  readonly version: string;
  readonly captioner: Captioner;
}

/** Captioners by their checkpoint's path, the most recently used last. */
export class CaptionerCache {
  private readonly entries = new Map<string, Entry>();

  /**
   * The captioner of a checkpoint.
   *
   * @throws EkphrasisError NO_MODEL when there is no such file, INVALID_CHECKPOINT when it cannot be read,
   *   ENCODER_MISMATCH when it was trained on what another encoder sees
   */
  async get(path: string, encoder: EncoderId): Promise<Captioner> {
    const version = await versionOf(path);
    const known = this.entries.get(path);
    if (known) await this.take(path, known, known.version === version);
    const captioner = known?.version === version ? known.captioner : await load(path, encoder);
    this.entries.set(path, { version, captioner });
    const [oldest] = this.entries;
    if (oldest && this.entries.size > MAXIMUM) await this.take(oldest[0], oldest[1], false);
    return captioner;
  }

  private async take(path: string, { captioner }: Entry, keepOpen: boolean): Promise<void> {
    this.entries.delete(path);
    if (!keepOpen) await captioner.close();
  }
}

async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size} ${mtimeMs}`;
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.NoModel, `There is no checkpoint ${path}.`, { cause });
  }
}

async function load(path: string, encoder: EncoderId): Promise<Captioner> {
  const checkpoint = readCheckpoint(await readFile(path));
  const { encoder: trainedOn, compatibleEncoders } = checkpoint.header;
  if (trainedOn === encoder || compatibleEncoders.includes(encoder)) return Captioner.load(checkpoint);
  throw new EkphrasisError(
    ErrorCode.EncoderMismatch,
    `The model was trained on what ${trainedOn} sees, but photos are seen by ${encoder} now. ` +
      'Set VGG16_PRECISION and VGG16_WEIGHTS as they were, or train a model with the present encoder.',
  );
}
