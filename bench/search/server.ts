/** The program's own server in a process of its own, asked as a client asks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import type { Collection } from './collection.js';

const answerSchema = z.object({
  data: z.object({
    found: z.object({ edges: z.array(z.object({ node: z.object({ image: z.object({ id: z.string() }) }) })) }),
  }),
});

export interface AskedServer {
  /**
   * Asks one question after another, twice; the first round fills caches.
   *
   * @returns milliseconds and found ids of each
   */
  ask(query: string, variables: readonly object[]): Promise<{ times: number[]; found: string[][] }>;
  close(): Promise<void>;
}

export async function startServer({ environment }: Collection): Promise<AskedServer> {
  const child = spawn(process.execPath, [join(PROGRAM_FOLDER, 'dist', 'main.js'), 'serve'], {
    env: { ...process.env, ...environment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  const round = async (query: string, variables: readonly object[]) => {
    const times: number[] = [];
    const found: string[][] = [];
    for (const own of variables) {
      const body = JSON.stringify({ query, variables: own });
      const started = performance.now();
      const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const answer = await response.text();
      times.push(performance.now() - started);
      found.push(answerSchema.parse(JSON.parse(answer)).data.found.edges.map(({ node }) => node.image.id));
    }
    return { times, found };
  };
  return {
    async ask(query, variables) {
      await round(query, variables);
      return round(query, variables);
    },
    async close() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the server has no output');
  for await (const line of createInterface(child.stdout)) {
    const url = /GraphQL is at (\S+?)\. /.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the server did not start');
}
