/**
 * The real server on a free port, with an empty store, the small random encoder and an untrained model, and its
 * clients.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Client, createClient } from 'graphql-ws';
import { pino } from 'pino';
import WebSocket from 'ws';
import { z } from 'zod';
import { startServer } from '../../src/api/server/server.js';
import { type Application, openApplication } from '../../src/application.js';
import { writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { loadConfig } from '../../src/config.js';
import { requestFields } from '../../src/monitoring/request-id.js';
import type { ModelRecord } from '../../src/store/models.js';
import type { Store } from '../../src/store/store.js';
import { openSharedTestStores, openTestStore, testUrl } from '../store/open-test-store.js';
import { sha256Of } from '../store/records.js';
import { SMALL, untrainedCheckpoint } from '../captioner/untrained.js';
import { openLoadBalancer } from './load-balancer.js';

const responseSchema = z.object({
  data: z.record(z.string(), z.any()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
        extensions: z.object({ code: z.string() }),
      }),
    )
    .optional(),
});
export type GraphQLResponse = z.infer<typeof responseSchema> & { readonly status: number };

export const MAXIMUM_UPLOAD = 200_000;

export interface TestServer {
  readonly application: Application;
  /** Of GraphQL. */
  readonly url: string;
  /** Lines of the log. */
  readonly logged: readonly string[];
  query(query: string, variables?: object): Promise<GraphQLResponse>;
  /**
   * Posts operations and files as the multipart request specification says; with the header that uploads need, unless
   * others are given.
   */
  post(form: FormData, headers?: Record<string, string>): Promise<GraphQLResponse>;
  captionImage(bytes: Uint8Array, name: string): Promise<GraphQLResponse>;
  subscribe(): Client;
  close(): Promise<void>;
}

/**
 * With TEST_SERVERS=2, on a Postgres, another server of the same database stands beside it, and clients meet now one,
 * now the other.
 *
 * @param idleTimeout of clients of subscriptions that do not read, in milliseconds
 */
export async function openTestServer(
  environment: Record<string, string> = {},
  idleTimeout?: number,
): Promise<TestServer> {
  const count = testUrl() === undefined ? 1 : Number(process.env['TEST_SERVERS'] ?? 1);
  const stores = count === 1 ? [await openTestStore()] : await openSharedTestStores(count);
  const servers: OpenServer[] = [];
  for (const store of stores) servers.push(await openServer(store, environment, idleTimeout));
  const [first] = servers;
  if (!first) throw new Error('TEST_SERVERS is no number of servers');
  const balancer =
    count === 1 ? undefined : await openLoadBalancer(servers.map(({ url }) => Number(new URL(url).port)));
  const url = balancer ? Object.assign(new URL(first.url), { port: String(balancer.port) }).href : first.url;
  const clients: Client[] = [];
  const post = async (form: FormData, headers: Record<string, string> = { 'apollo-require-preflight': '1' }) =>
    readResponse(await fetch(url, { method: 'POST', body: form, headers }));
  return {
    application: first.application,
    url,
    logged: first.logged,
    async query(query, variables = {}) {
      const body = JSON.stringify({ query, variables });
      return readResponse(await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } }));
    },
    post,
    captionImage: (bytes, name) => post(uploadForm(CAPTION_IMAGE, [{ bytes, name }])),
    subscribe() {
      const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) await client.dispose();
      await balancer?.close();
      for (const server of servers) await server.close();
    },
  };
}

type OpenServer = Pick<TestServer, 'application' | 'url' | 'logged' | 'close'>;

async function openServer(
  store: Store,
  environment: Record<string, string>,
  idleTimeout: number | undefined,
): Promise<OpenServer> {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-api-'));
  const config = loadConfig({
    EKPHRASIS_DATA: directory,
    EKPHRASIS_CACHE: directory,
    PORT: '0',
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    MAX_UPLOAD_BYTES: String(MAXIMUM_UPLOAD),
    ...environment,
  });
  const logged: string[] = [];
  const log = pino(
    { level: environment['LOG_LEVEL'] ?? 'warn', mixin: requestFields },
    new Writable({
      write(line: Buffer, _encoding, done) {
        logged.push(line.toString());
        done();
      },
    }),
  );
  const application = await openApplication(config, { log, openStore: () => Promise.resolve(store) });
  const server = await startServer(application, idleTimeout).catch(async (error: unknown) => {
    await application.close();
    await rm(directory, { recursive: true });
    throw error;
  });
  return {
    application,
    url: server.url,
    logged,
    async close() {
      await server.close();
      await application.close();
      await rm(directory, { recursive: true });
    },
  };
}

export const CAPTION_IMAGE = `mutation ($upload: Upload!) {
  captionImage(upload: $upload) { id text logProbability duplicate words { word probability attention } image { id name url } model { name } }
}`;

/** @param files become the variables `upload`, `upload1`, `upload2` and so on */
export function uploadForm(query: string, files: readonly { bytes: Uint8Array; name: string }[]): FormData {
  const names = files.map((_, index) => (index === 0 ? 'upload' : `upload${index}`));
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: Object.fromEntries(names.map((name) => [name, null])) }));
  form.set('map', JSON.stringify(Object.fromEntries(names.map((name, index) => [index, [`variables.${name}`]]))));
  files.forEach(({ bytes, name }, index) => {
    form.set(String(index), new Blob([new Uint8Array(bytes)]), name);
  });
  return form;
}

/** Makes an untrained captioner for the encoder that runs the current model. */
export async function addUntrainedModel(application: Application, seed = 1): Promise<ModelRecord> {
  const { store } = application;
  const encoder = (await application.collection()).inference.encoder.id;
  const bytes = writeCheckpoint(untrainedCheckpoint(encoder, { seed }), 'fp32');
  const model = await store.models.add({
    name: 'untrained',
    encoder,
    settings: SMALL,
    checkpoint: bytes,
    checkpointSha256: sha256Of(bytes),
  });
  return store.models.makeCurrent(model.id);
}

/** The code of the only error. */
export function codeOf({ errors = [] }: GraphQLResponse): string | undefined {
  return errors.length === 1 ? errors[0]?.extensions.code : undefined;
}

export async function readResponse(response: Response): Promise<GraphQLResponse> {
  return { status: response.status, ...responseSchema.parse(await response.json()) };
}
