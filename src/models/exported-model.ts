/**
 * A model as files that other programs and other collections read: docs/checkpoint.md describes each of them. The checkpoint is
 * the model; all else follows from it, or is said of it.
 */
import { type Checkpoint, readCheckpoint } from '../captioner/checkpoint.js';
import { DEFAULT_OPTIONS } from '../captioner/captioner.js';
import { CONSENSUS_WIDTH, EVIDENCE_POWER, LIKENESS_WEIGHT } from '../captioner/consensus.js';
import { captionerGraphs } from '../captioner/exported-graphs.js';
import { sha256Of } from '../files/sha256.js';
import { readSearchCheckpoint, type SearchCheckpoint } from '../joint-embedding/checkpoint.js';
import { EXPORTED_LENGTH, searchGraphs } from '../joint-embedding/exported-graphs.js';
import { DEFAULT_LANGUAGE } from '../language/languages.js';
import { tokeniserOf } from '../tensors/parameter-file.js';
import type { ModelRecord, TrainedTask } from '../store/models.js';

export const CHECKPOINT = 'model.safetensors';
export const MANIFEST = 'model.json';

/** What is known of a model beside its checkpoint. */
export type ModelFacts = Pick<ModelRecord, 'name' | 'checkpointSha256' | 'figures'> & { readonly task: TrainedTask };

/** A model that was trained, with its file. */
export interface ModelFile extends ModelFacts {
  readonly checkpoint: Uint8Array;
}

/**
 * All files of an exported model, by their paths below its folder.
 *
 * @param judge the search model that says how well a captioner's captions fit, where there is one: without it a caption is chosen
 *   by the agreement of captions alone
 * @throws EkphrasisError INVALID_CHECKPOINT
 */
export function exportedFiles(model: ModelFile, judge?: ModelFile): Map<string, Uint8Array> {
  const files = new Map([[CHECKPOINT, model.checkpoint]]);
  const parts =
    model.task === 'CAPTION'
      ? captionerParts(readCheckpoint(model.checkpoint), judge)
      : searchParts(readSearchCheckpoint(model.checkpoint));
  for (const [path, bytes] of parts.files) files.set(path, bytes);
  files.set('card.md', text(cardOf(model, parts.header, judge)));
  const hashes = [...files].map(([path, bytes]) => [path, sha256Of(bytes)] as const);
  const { name, encoder, compatibleEncoders, settings, language = DEFAULT_LANGUAGE } = parts.header;
  const manifest = {
    format: 'ekphrasis-model',
    version: 1,
    task: model.task,
    name: model.name === '' ? name : model.name,
    language,
    encoder,
    compatibleEncoders,
    settings,
    figures: model.figures ?? null,
    ...parts.how,
    files: Object.fromEntries(hashes),
  };
  return files.set(MANIFEST, json(manifest));
}

interface Parts {
  readonly header: Checkpoint['header'] | SearchCheckpoint['header'];
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** How other programs are to use them. */
  readonly how: object;
}

function captionerParts(checkpoint: Checkpoint, judge: ModelFile | undefined): Parts {
  const judging = judge && searchParts(readSearchCheckpoint(judge.checkpoint));
  const { beamWidth, lengthExponent, maximumLength } = DEFAULT_OPTIONS;
  const search = {
    beamWidth: Math.max(beamWidth, CONSENSUS_WIDTH),
    lengthExponent,
    maximumLength,
    evidencePower: EVIDENCE_POWER,
    likenessWeight: LIKENESS_WEIGHT,
  };
  return {
    header: checkpoint.header,
    files: new Map([
      ['vocabulary.json', json(checkpoint.header.vocabulary)],
      ...under('onnx', captionerGraphs(checkpoint)),
      ...(judge && judging
        ? [['judge/model.safetensors', judge.checkpoint] as const, ...under('judge', judging.files)]
        : []),
    ]),
    how: { search, ...(judging && { judge: { name: judging.header.name, ...judging.how } }) },
  };
}

function searchParts(checkpoint: SearchCheckpoint): Parts {
  return {
    header: checkpoint.header,
    files: new Map([
      ['vocabulary.json', json(checkpoint.header.vocabulary)],
      ...under('onnx', searchGraphs(checkpoint)),
    ]),
    how: { words: EXPORTED_LENGTH, tokeniser: tokeniserOf(checkpoint.header) },
  };
}

function under(folder: string, files: ReadonlyMap<string, Uint8Array>): (readonly [string, Uint8Array])[] {
  return [...files].map(([path, bytes]) => [`${folder}/${path}`, bytes] as const);
}

function cardOf(
  { name, task, checkpointSha256, figures }: ModelFile,
  header: Parts['header'],
  judge: ModelFile | undefined,
): string {
  const architecture = 'architecture' in header.settings ? [`- Network: ${header.settings.architecture}`] : [];
  const lines = [
    `# ${name}`,
    '',
    task === 'CAPTION' ? 'A captioner, exported by Ekphrasis.' : 'A search model, exported by Ekphrasis.',
    '',
    ...architecture,
    `- Language: ${header.language ?? DEFAULT_LANGUAGE}`,
    `- Vocabulary: ${header.vocabulary.length} words`,
    `- Encoder: ${header.encoder}${header.compatibleEncoders.length > 0 ? `, or ${header.compatibleEncoders.join(', ')}` : ''}`,
    `- Checkpoint: SHA-256 ${checkpointSha256}`,
    ...(judge ? [`- Judge: ${judge.name}, SHA-256 ${judge.checkpointSha256}`] : []),
    '',
    'It sees nothing but what this encoder makes of photos. `ekphrasis export features` writes that for photos of yours,',
    '`ekphrasis models import` reads this folder, and docs/checkpoint.md of Ekphrasis describes each of the files.',
    '',
    '## What is known of it',
    '',
    '```json',
    JSON.stringify({ settings: header.settings, training: header.training, figures: figures ?? null }, null, 1),
    '```',
    '',
  ];
  return lines.join('\n');
}

const text = (content: string) => new TextEncoder().encode(content);
const json = (value: unknown) => text(`${JSON.stringify(value, null, 1)}\n`);
