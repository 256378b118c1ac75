/** What a training was made from and with, beside its settings: enough to say why another run of them may differ. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { z } from 'zod';
import type { EncoderId, ModelId } from '../ids.js';
import { dataFingerprintSchema } from '../training/data-fingerprint.js';
import { PROGRAM_VERSION } from '../version.js';

const versionsSchema = z.object({
  /** Of Ekphrasis. */
  program: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  /** Such as `linux-x64`. */
  platform: z.string(),
  cpu: z.string(),
  threads: z.number(),
  engine: z.string(),
  device: z.string(),
  encoder: z.string().transform((id) => id as EncoderId),
});
export type RunVersions = z.infer<typeof versionsSchema>;

const provenanceSchema = z.object({
  data: dataFingerprintSchema,
  /** SHA-256 of what the encoder saw in the photos, with their captions, in the order in which they are learned. */
  featuresSha256: z.string(),
  versions: versionsSchema,
  /** The captioner that it began from. */
  from: z.object({ id: z.string().transform((id) => id as ModelId), name: z.string(), sha256: z.string() }).optional(),
  /** Names of what was not the same in all attempts of a training that was gone on with; the others are the last's. */
  changed: z.array(z.string()),
});
export type Provenance = z.infer<typeof provenanceSchema>;

/** @returns nothing for trainings of earlier versions, and before a training has seen its photos */
export function readProvenance(stored: unknown): Provenance | undefined {
  return provenanceSchema.safeParse(stored).data;
}

/** The versions of this process, for what it computes with. */
export function runVersions(computed: Pick<RunVersions, 'engine' | 'device' | 'encoder'>): RunVersions {
  return {
    program: PROGRAM_VERSION,
    node: process.versions.node,
    onnxruntime: ONNX_RUNTIME,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? '',
    threads: availableParallelism(),
    ...computed,
  };
}

const ONNX_RUNTIME = z
  .object({ version: z.string() })
  .parse(
    JSON.parse(readFileSync(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'), 'utf8')),
  ).version;

/** Of the newest attempt, with what differs from the one before. */
export function withEarlier(now: Omit<Provenance, 'changed'>, earlier: Provenance | undefined): Provenance {
  if (!earlier) return { ...now, changed: [] };
  return { ...now, changed: [...new Set([...earlier.changed, ...differences(earlier, now)])] };
}

/** Names of what differs, such as `photos` or `node`. */
export function differences(a: Omit<Provenance, 'changed'>, b: Omit<Provenance, 'changed'>): string[] {
  const names = Object.keys(a.versions) as (keyof RunVersions)[];
  return [
    ...(a.data.photosSha256 === b.data.photosSha256 ? [] : ['photos']),
    ...(a.data.captionsSha256 === b.data.captionsSha256 ? [] : ['captions']),
    ...(a.data.splitsSha256 === b.data.splitsSha256 ? [] : ['splits']),
    ...(a.data.orderSha256 === b.data.orderSha256 ? [] : ['order']),
    ...(a.featuresSha256 === b.featuresSha256 ? [] : ['features']),
    ...names.filter((name) => a.versions[name] !== b.versions[name]),
  ];
}
