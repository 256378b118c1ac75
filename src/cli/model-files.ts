/** `ekphrasis models export ID` and `ekphrasis models import FILE` */
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import { FreeSpace } from '../files/free-space.js';
import { sha256Of } from '../files/sha256.js';
import type { EncoderId, ModelId, Sha256 } from '../ids.js';
import { exportedFiles, type ModelFile } from '../models/exported-model.js';
import { verified } from '../models/import-model.js';
import { readModelFiles, writeModelFiles } from '../models/model-archive.js';
import { judgeOf } from '../models/read-model.js';
import { type RunningServer, runningServer } from './running-server.js';
import { type CommandContext, counted, Interrupted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

export function addModelFileCommands(models: Command, config: () => Config, context: CommandContext): void {
  models
    .command('export')
    .description(
      'write a model into a folder: checkpoint, ONNX graphs, vocabulary and card, for other programs and collections',
    )
    .argument('<id>', 'of a captioner or a search model')
    .option(
      '--out <path>',
      'a folder that is not there yet, or an archive NAME.tar or NAME.tar.gz. Default: the name of the model',
    )
    .action((id: string, { out }: { readonly out?: string }, command: Command) =>
      exportModelCommand(config(), context, id as ModelId, { out, ...command.optsWithGlobals<Output>() }),
    );
  models
    .command('import')
    .description('add a model that was exported elsewhere; it is not used by itself')
    .argument('<path>', 'a folder or an archive of models export, or a checkpoint (NAME.safetensors)')
    .option('--name <text>', 'name of the model. Default: its name where it was exported')
    .option('--use', 'have it caption new photos, or answer searches, from now on', false)
    .action((path: string, options: { readonly name?: string; readonly use: boolean }, command: Command) =>
      importModelCommand(config(), context, path, { ...options, ...command.optsWithGlobals<Output>() }),
    );
}

async function exportModelCommand(
  config: Config,
  context: CommandContext,
  id: ModelId,
  { out, json }: Output & { readonly out?: string | undefined },
): Promise<void> {
  const server = await runningServer(config);
  const { model, judge } = server
    ? await modelsOfServer(server, id, context.signal)
    : await withApplication(config, context, async (application) => {
        const { models } = application.store;
        const record = found(await models.find(id), `model ${id}`);
        const judgeId = judgeOf(record, await models.ofTask('SEARCH'));
        return { model: await application.readModel(id), judge: judgeId && (await application.readModel(judgeId)) };
      });
  const path = out ?? folderName(model.name);
  const files = exportedFiles(model, judge);
  await writeModelFiles(files, path, new FreeSpace(dirname(resolve(path)), config.diskReserve));
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  if (json) printJson(context.stdout, { path, files: [...files.keys()], bytes });
  else
    printLine(
      context.stdout,
      `The model "${model.name}" is in ${path}: ${counted(files.size, 'file')}, ${(bytes / 1e6).toFixed(1)} MB.`,
    );
}

/** A name that every system takes. */
function folderName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^[-.]+|[-.]+$/g, '') || 'model';
}

const recordSchema = z.object({
  id: z.string().transform((id) => id as ModelId),
  name: z.string(),
  task: z.enum(['CAPTION', 'SEARCH', 'PREDICTIONS']),
  encoder: z.string().transform((encoder) => encoder as EncoderId),
  compatibleEncoders: z.array(z.string().transform((encoder) => encoder as EncoderId)),
  current: z.boolean(),
  checkpointSha256: z.string().transform((sha256) => sha256 as Sha256),
});
const FIELDS = 'id name task encoder compatibleEncoders current checkpointSha256';
const modelsSchema = z.object({
  model: recordSchema.nullable(),
  models: z.object({ edges: z.array(z.object({ node: recordSchema })) }),
});

/** @throws NOT_FOUND, and what the server refuses with */
async function modelsOfServer(
  server: RunningServer,
  id: ModelId,
  signal: AbortSignal,
): Promise<{ readonly model: ModelFile; readonly judge: ModelFile | undefined }> {
  const query = `query ($id: ID!) { model(id: $id) { ${FIELDS} } models(filter: { task: SEARCH }, first: 100) { edges { node { ${FIELDS} } } } }`;
  const { model, models } = modelsSchema.parse(await server.ask(query, { id }, signal));
  const record = found(model ?? undefined, `model ${id}`);
  const search = models.edges.map(({ node }) => node);
  const judgeId = judgeOf(record, search);
  const judge = search.find((one) => one.id === judgeId);
  const read = async ({ id: own, name, task, checkpointSha256 }: z.output<typeof recordSchema>): Promise<ModelFile> => {
    const checkpoint = await server.download(`/models/${own}`, signal);
    if (sha256Of(checkpoint) !== checkpointSha256)
      throw new EkphrasisError(ErrorCode.ProcessFailed, 'The model came damaged from the server. Export it again.');
    return { name, task: task === 'SEARCH' ? task : 'CAPTION', checkpointSha256, figures: null, checkpoint };
  };
  return { model: await read(record), judge: judge && (await read(judge)) };
}

const importedSchema = z.object({
  importModel: z.object({
    model: z.object({ id: z.string().transform((id) => id as ModelId), name: z.string(), current: z.boolean() }),
    wasThere: z.boolean(),
    fits: z.boolean(),
  }),
});

async function importModelCommand(
  config: Config,
  context: CommandContext,
  path: string,
  { name, use, json }: Output & { readonly name?: string; readonly use: boolean },
): Promise<void> {
  const { signal } = context;
  const server = await runningServer(config);
  const { model, wasThere, fits } = server
    ? await importAtServer(server, path, name, signal)
    : await withApplication(config, context, async (application) => {
        const imported = await application.importModel(await readModelFiles(path), name);
        if (use) await application.useModel(imported.model.id);
        return imported;
      });
  if (server && use) await server.ask(USE, { modelId: model.id }, signal);
  if (json) {
    printJson(context.stdout, { id: model.id, name: model.name, wasThere, fits, used: use });
    return;
  }
  const came = wasThere ? 'is there already' : 'was imported';
  printLine(context.stdout, `The model "${model.name}" ${came}: ${model.id}`);
  if (!fits)
    printLine(
      context.stderr,
      'The encoder that runs is not one that it needs: it cannot be used before ENCODER or VGG16_PRECISION is changed.',
    );
  else if (!use && !model.current)
    printLine(context.stderr, `It is not used. Have it used: ekphrasis models use ${model.id}`);
}

const USE = 'mutation ($modelId: ID!) { useModel(input: { modelId: $modelId }) { id } }';
const IMPORT = `mutation ($upload: Upload!, $name: String) {
  importModel(input: { file: $upload, name: $name }) { model { id name current } wasThere fits } }`;

/** A folder is compared with its hashes here; the server is sent its checkpoint, which is all that it keeps. */
async function importAtServer(server: RunningServer, path: string, name: string | undefined, signal: AbortSignal) {
  const given = await readModelFiles(path);
  const { checkpoint, name: said } =
    given instanceof Uint8Array ? { checkpoint: given, name: undefined } : verified(given);
  const variables = { name: name ?? said ?? null };
  const answer = await server.upload(IMPORT, variables, checkpoint, basename(path), signal).catch((error: unknown) => {
    throw signal.aborted ? new Interrupted('Interrupted.') : error;
  });
  return importedSchema.parse(answer).importModel;
}
