/**
 * How commands reach the server to which the embedded database belongs: while it serves, a file of the data folder has
 * its address and a secret that is new at each start. Whoever may read the file may read the database beside it, so that
 * the secret counts as the machine's owner.
 */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { removeFile, writeFileAtomically } from '../files/atomic-file.js';
import { parseJson } from '../files/json.js';
import { lockHolder, thisProcess } from '../store/folder-lock.js';
import { embeddedFolder } from '../store/store.js';

const fileSchema = z.object({
  pid: z.number(),
  /** See `Holder`. */
  started: z.string(),
  url: z.url(),
  secret: z.string(),
});

/** Of a server that runs. */
export interface ServerAddress {
  readonly url: string;
  /** Sent as a key, it lets its sender do everything. */
  readonly secret: string;
}

/**
 * Says where this process serves, where commands have no other way to its database. That it cannot be said, as on a full
 * disk, is no reason not to serve.
 *
 * @param onError told of it
 * @returns a function that takes it back
 */
export async function publishServer(
  { dataDirectory, databaseUrl }: { readonly dataDirectory: string; readonly databaseUrl: string | undefined },
  { url, secret }: ServerAddress,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  if (databaseUrl !== undefined) return () => Promise.resolve();
  const path = fileOf(dataDirectory);
  const content = JSON.stringify({ ...(await thisProcess()), url, secret });
  await writeFileAtomically(path, Buffer.from(content), { durable: false }).catch(onError);
  return () => removeFile(path).catch(onError);
}

/** The server that has the embedded database of a data folder open; undefined where none does. */
export async function findServer(dataDirectory: string): Promise<ServerAddress | undefined> {
  const text = await readFile(fileOf(dataDirectory), 'utf8').catch(() => 'null');
  const { data: written } = fileSchema.safeParse(parseJson(text));
  const holder = await lockHolder(embeddedFolder(dataDirectory));
  // A server that was killed left the file; whoever has the database now need not be a server.
  return written && written.pid === holder?.pid && written.started === holder.started ? written : undefined;
}

function fileOf(dataDirectory: string): string {
  return join(dataDirectory, 'server.json');
}
