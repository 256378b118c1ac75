/** What `ekphrasis caption --attention DIR` writes: a sheet of each photo, and its weights as JSON. */
import { basename, join } from 'node:path';
import type { Application } from '../application.js';
import { readArchitectures } from '../captioner/checkpoint.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import { FreeSpace } from '../files/free-space.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { ModelRecord } from '../store/models.js';
import { attentionSheet } from '../vision/attention-sheet.js';
import { checkFree } from './free-file.js';

/** Pixels of the small copies that sheets are made of. */
const COPY = 640;

export class AttentionSheets {
  private readonly space: FreeSpace;
  private readonly taken = new Set<string>();

  private constructor(
    private readonly folder: string,
    private readonly application: Application,
  ) {
    this.space = new FreeSpace(folder, application.config.diskReserve);
  }

  /**
   * @throws EkphrasisError BAD_USER_INPUT for a model that looks at no places
   */
  static open(folder: string, model: ModelRecord, application: Application): AttentionSheets {
    if (readArchitectures(model.settings).some(({ architecture }) => architecture === 'attention'))
      return new AttentionSheets(folder, application);
    const message = `The model "${model.name}" looks at no places of a photo: its network is without attention. Have one with attention used: ekphrasis models use ID.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }

  /**
   * Writes NAME.png and NAME.json. No file that is there is replaced.
   *
   * @throws EkphrasisError CONFLICT, STORAGE_FAILED; BAD_USER_INPUT where the encoder's places make no square
   */
  async write(file: string, { imageId, text, words }: GeneratedCaptionRecord): Promise<void> {
    const path = this.pathOf(basename(file));
    await checkFree(`${path}.png`);
    await checkFree(`${path}.json`);
    const places = words[0]?.attention.length ?? 0;
    const side = Math.sqrt(places);
    if (places === 0 || !Number.isInteger(side)) {
      const message = `There is no attention map of ${file}: its caption was written without, or the places of the encoder make no square.`;
      throw new EkphrasisError(ErrorCode.BadInput, message);
    }
    const image = await this.application.store.images.find(imageId);
    const copy = image && (await this.application.thumbnail(image, COPY));
    if (!copy) throw new EkphrasisError(ErrorCode.NotFound, `${file} was deleted meanwhile.`);
    const looked = words.map(({ word, probability, attention }) => ({
      word,
      probability,
      attention: Array.from(attention),
    }));
    const weights = { file: basename(file), caption: text, rows: side, columns: side, words: looked };
    await writeFileAtomically(`${path}.png`, await attentionSheet(copy, looked), { space: this.space });
    await writeFileAtomically(`${path}.json`, Buffer.from(`${JSON.stringify(weights, null, 1)}\n`), {
      space: this.space,
    });
  }

  /** Photos of several folders may have the same name. */
  private pathOf(name: string): string {
    for (let number = 1; ; number++) {
      const own = number === 1 ? name : `${name}-${number}`;
      if (this.taken.has(own)) continue;
      this.taken.add(own);
      return join(this.folder, own);
    }
  }
}
