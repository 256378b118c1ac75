import { readFile, stat } from 'node:fs/promises';

import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import { checkEncoder, type EncoderNeeds } from '../models/encoder-fit.js';

/** The current model and the one it is compared with; each takes some ten megabytes. */
const MAXIMUM = 3;

/** A model of some kind, opened from its file. */
interface OpenModel {
  readonly header: EncoderNeeds;
  close(): Promise<void>;
}

interface Entry<Model> {
  /** Size and time of the file: a checkpoint that was written anew is loaded anew. */
  readonly version: string;
  readonly model: Model;
}

/** Models of one kind by their checkpoint's path, the most recently used last. */
export class ModelCache<Model extends OpenModel> {
  private readonly entries = new Map<string, Entry<Model>>();

  /** @param open reads a checkpoint's file; throws INVALID_CHECKPOINT when it cannot be read */
  constructor(private readonly open: (bytes: Uint8Array) => Model) {}

  /**
   * The model of a checkpoint.
   *
   * @param encoder whose features it is to be given; none where it is only to read text
   * @throws EkphrasisError NO_MODEL when there is no such file, INVALID_CHECKPOINT when it cannot be read,
   *   ENCODER_MISMATCH when it was trained on what another encoder sees
   */
  async get(path: string, encoder?: EncoderId): Promise<Model> {
    const version = await versionOf(path);
    const known = this.entries.get(path);
    if (known) await this.take(path, known, known.version === version);
    const model = known?.version === version ? known.model : this.open(await readFile(path));
    this.entries.set(path, { version, model });
    if (encoder !== undefined) checkEncoder(model.header, encoder);
    const [oldest] = this.entries;
    if (oldest && this.entries.size > MAXIMUM) await this.take(oldest[0], oldest[1], false);
    return model;
  }

  private async take(path: string, { model }: Entry<Model>, keepOpen: boolean): Promise<void> {
    this.entries.delete(path);
    if (!keepOpen) await model.close();
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
