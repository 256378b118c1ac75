/** `ekphrasis serve` as a process, and what the proof asks it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

const MAIN = join(PROGRAM_FOLDER, 'dist', 'main.js');
const POLLING_MILLISECONDS = 50;

const photosSchema = z.object({ images: z.object({ totalCount: z.number() }), job: z.object({ state: z.string() }) });

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
  ) {}

  /** @throws when it ends before it serves */
  static async start(environment: NodeJS.ProcessEnv): Promise<Server> {
    const child = spawnServer(environment);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${String(code)} before it served`);
    });
    const [greeting] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
    ended.catch(() => undefined);
    const url = /^GraphQL is at (\S+)\. /.exec(greeting)?.[1];
    if (url === undefined) throw new Error(`the server said ${greeting}`);
    return new Server(child, url);
  }

  /** Kills a server so long after its process began, whether it serves by then or not. */
  static async startAndKill(environment: NodeJS.ProcessEnv, milliseconds: number): Promise<void> {
    const child = spawnServer(environment);
    const exit = once(child, 'exit');
    await wait(milliseconds);
    child.kill('SIGKILL');
    await exit;
  }

  /** @returns its exit code; null when a signal ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exit = once(this.process, 'exit');
      this.process.kill(signal);
      await exit;
    }
    return this.process.exitCode;
  }

  async startImport(path: string): Promise<string> {
    const schema = z.object({ importDataset: z.object({ id: z.string() }) });
    const data = await this.ask(
      'mutation ($path: String!) { importDataset(input: { path: $path }) { id } }',
      { path },
      schema,
    );
    return data.importDataset.id;
  }

  /** Waits until so many photos are in the collection. @returns how many there are @throws when the job ends before */
  async untilPhotos(count: number, jobId: string): Promise<number> {
    const query = 'query ($jobId: ID!) { images(first: 1) { totalCount } job(id: $jobId) { state } }';
    for (;;) {
      const { images, job } = await this.ask(query, { jobId }, photosSchema);
      if (images.totalCount >= count) return images.totalCount;
      if (job.state !== 'QUEUED' && job.state !== 'RUNNING')
        throw new Error(`the import ended as ${job.state} with ${images.totalCount} photos`);
      await wait(POLLING_MILLISECONDS);
    }
  }

  /** @returns the state it ends in, with the reason where there is one */
  async untilEnded(jobId: string): Promise<string> {
    const schema = z.object({
      job: z.object({ state: z.string(), error: z.object({ message: z.string() }).nullable() }),
    });
    for (;;) {
      const { state, error } = (
        await this.ask('query ($jobId: ID!) { job(id: $jobId) { state error { message } } }', { jobId }, schema)
      ).job;
      if (state !== 'QUEUED' && state !== 'RUNNING') return error ? `${state}: ${error.message}` : state;
      await wait(POLLING_MILLISECONDS);
    }
  }

  /** The answer to an operation. @throws for one with errors */
  async ask<Data>(query: string, variables: object, schema: z.ZodType<Data>): Promise<Data> {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(this.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const text = await response.text();
    if (!response.ok) throw new Error(`the server answered ${response.status}: ${text}`);
    const answer = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(JSON.parse(text));
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return schema.parse(answer.data);
  }
}

function spawnServer(environment: NodeJS.ProcessEnv) {
  return spawn(process.execPath, [MAIN, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
}
