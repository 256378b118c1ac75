/** `ekphrasis export features FILE PHOTO…` */
import { open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import { FreeSpace } from '../files/free-space.js';
import { encodeSafetensors, type StoredTensor } from '../tensors/safetensors.js';
import { ENCODER_BATCH } from '../vision/encoder.js';
import { checkFree } from './free-file.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

/**
 * Writes what the encoder sees of photos: safetensors with a tensor [regions, regionSize] in half precision for each, by its file
 * name, and the encoder's id in the metadata. The photos do not become part of the collection.
 *
 * @throws EkphrasisError CONFLICT, BAD_USER_INPUT for two photos of a name, INVALID_IMAGE, IMAGE_TOO_LARGE
 */
export function exportFeaturesCommand(
  config: Config,
  context: CommandContext,
  file: string,
  photos: readonly string[],
  { json }: { readonly json: boolean },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    await checkFree(file);
    const names = photos.map((photo) => basename(photo));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new EkphrasisError(ErrorCode.BadInput, `Two photos are called ${twice}: write them to two files.`);
    const { inference } = await application.collection();
    const { id: encoder, regions, regionSize } = inference.encoder;
    const tensors = new Map<string, StoredTensor>();
    await withProgress(context.stderr, { label: 'Seeing', unit: 'photos', total: photos.length }, async (update) => {
      for (let start = 0; start < photos.length; start += ENCODER_BATCH) {
        context.signal.throwIfAborted();
        const group = photos.slice(start, start + ENCODER_BATCH);
        const bytes = await Promise.all(group.map((photo) => readPhoto(photo, config.limits.maximumBytes)));
        const seen = await inference.encode(bytes);
        seen.forEach((features, index) => {
          tensors.set(names[start + index] ?? '', {
            type: 'F16',
            shape: [regions, regionSize],
            data: features.regions,
          });
        });
        update(tensors.size);
      }
    });
    const space = new FreeSpace(dirname(resolve(file)), config.diskReserve);
    await writeFileAtomically(file, encodeSafetensors(tensors, { encoder }), { space });
    if (json) printJson(context.stdout, { file, photos: tensors.size, regions, regionSize, encoder });
    else
      printLine(
        context.stdout,
        `What ${encoder} sees of ${counted(tensors.size, 'photo')} is in ${file}: ${regions} regions of ${regionSize} numbers each.`,
      );
  });
}

async function readPhoto(path: string, maximumBytes: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    if (size <= maximumBytes) return await handle.readFile();
    const message = `${path} has ${size} bytes; a photo may have ${maximumBytes} (MAX_UPLOAD_BYTES).`;
    throw new EkphrasisError(ErrorCode.ImageTooLarge, message);
  } finally {
    await handle.close();
  }
}
