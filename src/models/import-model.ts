/** Takes in a model that another collection exported: once it is certain that every part of it is as it was written. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { sha256Of } from '../files/sha256.js';
import type { EncoderId } from '../ids.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { fitsEncoder } from './encoder-fit.js';
import { CHECKPOINT, MANIFEST } from './exported-model.js';
import { unpack } from './model-archive.js';
import { describeModel } from './registry.js';

const manifestSchema = z.object({
  format: z.literal('ekphrasis-model'),
  version: z.literal(1),
  name: z.string().min(1),
  figures: z.record(z.string(), z.json()).nullish(),
  files: z.record(z.string(), z.string()),
});

export interface ImportedModel {
  readonly model: ModelRecord;
  /** Whether it was among the models before. */
  readonly wasThere: boolean;
  /** Whether the encoder that runs here sees what it needs. */
  readonly fits: boolean;
}

/**
 * The same checkpoint again is the model that is there. What is imported is not used by itself.
 *
 * @param given the files of an exported model by their paths, or the bytes of an archive of them, or of a checkpoint alone
 * @param name Default: the name that it was exported with.
 * @throws EkphrasisError INVALID_CHECKPOINT where anything is missing, damaged or of another kind; nothing is stored then
 */
export async function importModel(
  given: ReadonlyMap<string, Uint8Array> | Uint8Array,
  name: string | undefined,
  running: EncoderId,
  store: Pick<Store, 'models'>,
): Promise<ImportedModel> {
  const files = given instanceof Uint8Array ? await unpack(given) : given;
  const { checkpoint, ...said } = files instanceof Uint8Array ? { checkpoint: files } : verified(files);
  const described = describeModel(checkpoint);
  const fits = fitsEncoder(
    { encoder: described.encoder, compatibleEncoders: described.compatibleEncoders ?? [] },
    running,
  );
  const known = await store.models.withFile(described.checkpointSha256);
  if (known) return { model: known, wasThere: true, fits };
  const figures = said.figures ?? described.figures;
  const model = await store.models.add({
    ...described,
    checkpoint,
    name: name ?? said.name ?? described.name,
    ...(figures && { figures }),
  });
  return { model, wasThere: false, fits };
}

type Manifest = z.infer<typeof manifestSchema>;

/** What is kept of an exported model. */
interface Verified {
  readonly checkpoint: Uint8Array;
  readonly name?: string;
  readonly figures?: Manifest['figures'];
}

/**
 * Compares the files of an exported model with its manifest.
 *
 * @throws EkphrasisError INVALID_CHECKPOINT that names the file that is not as it was exported
 */
export function verified(files: ReadonlyMap<string, Uint8Array>): Verified {
  // An archive that another program made of the folder has its name before each path.
  const manifestPath = [...files.keys()].find((path) => path === MANIFEST || /^[^/]+\/model\.json$/.test(path));
  const prefix = manifestPath?.slice(0, -MANIFEST.length) ?? '';
  const manifest = manifestPath === undefined ? undefined : files.get(manifestPath);
  if (!manifest) throw invalid(`There is no ${MANIFEST}: this is no model that Ekphrasis exported.`);
  const said = readManifest(manifest);
  for (const [path, sha256] of Object.entries(said.files)) {
    const bytes = files.get(`${prefix}${path}`);
    if (!bytes) throw invalid(`${path} is missing: export the model again.`);
    if (sha256Of(bytes) !== sha256)
      throw invalid(
        `${path} is damaged, or was changed: its SHA-256 is not that of ${MANIFEST}. Export the model again.`,
      );
  }
  const checkpoint = said.files[CHECKPOINT] === undefined ? undefined : files.get(`${prefix}${CHECKPOINT}`);
  if (!checkpoint) throw invalid(`${MANIFEST} names no ${CHECKPOINT}: export the model again.`);
  return { checkpoint, name: said.name, figures: said.figures };
}

function readManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw invalid(`${MANIFEST} is no JSON.`, cause);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw invalid(`${MANIFEST} is of no model that this version of Ekphrasis reads.`);
  return parsed.data;
}

function invalid(message: string, cause?: unknown): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidCheckpoint, message, { cause });
}
