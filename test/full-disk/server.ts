/** `ekphrasis serve` as a process, the photos that it is sent, and how soon it answers meanwhile. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

const MAIN = join(PROGRAM_FOLDER, 'dist', 'main.js');

const UPLOAD = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { caption { id text } image { id url } } }';
const CAPTIONS = 'query ($id: ID!) { image(id: $id) { url generatedCaptions { id text } } }';

const errorsSchema = z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) }));
const uploadSchema = z.object({
  captionImage: z.object({
    caption: z.object({ id: z.string(), text: z.string() }),
    image: z.object({ id: z.string(), url: z.string() }),
  }),
});
const captionsSchema = z.object({
  image: z
    .object({ url: z.string(), generatedCaptions: z.array(z.object({ id: z.string(), text: z.string() })) })
    .nullable(),
});

/** What the server has said that it stored. */
export interface Acknowledged {
  readonly imageId: string;
  readonly captionId: string;
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface Refused {
  readonly code: string;
  readonly message: string;
}

export type Answer = { readonly stored: Acknowledged } | { readonly refused: Refused };

export class Server {
  private constructor(
    private readonly child: ReturnType<typeof spawnServer>,
    readonly url: string,
  ) {}

  /** @throws when it ends before it serves */
  static async start(environment: NodeJS.ProcessEnv): Promise<Server> {
    const child = spawnServer(environment);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${String(code)} before it served`);
    });
    ended.catch(() => undefined);
    const [greeting] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
    const url = /^GraphQL is at (\S+)\. /.exec(greeting)?.[1];
    if (url === undefined) throw new Error(`the server said ${greeting}`);
    return new Server(child, url);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get lives(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @returns its exit code; null when a signal ended it */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.lives) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode;
  }

  async upload(bytes: Uint8Array, name: string): Promise<Answer> {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: UPLOAD, variables: { upload: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.upload'] }));
    form.set('0', new Blob([Buffer.from(bytes)], { type: 'image/jpeg' }), name);
    const response = await fetch(this.url, {
      method: 'POST',
      body: form,
      headers: { 'apollo-require-preflight': '1' },
    });
    const answer = z
      .object({ data: z.unknown().optional(), errors: errorsSchema.optional() })
      .parse(await response.json());
    const fault = answer.errors?.[0];
    if (fault) return { refused: { code: fault.extensions.code, message: fault.message } };
    const { caption, image } = uploadSchema.parse(answer.data).captionImage;
    return { stored: { imageId: image.id, captionId: caption.id, text: caption.text, bytes } };
  }

  /** What is missing of what was acknowledged. */
  async missing({ imageId, captionId, text, bytes }: Acknowledged): Promise<string | undefined> {
    const response = await fetch(this.url, {
      method: 'POST',
      body: JSON.stringify({ query: CAPTIONS, variables: { id: imageId } }),
      headers: { 'content-type': 'application/json' },
    });
    const { image } = captionsSchema.parse(z.object({ data: z.unknown() }).parse(await response.json()).data);
    if (!image) return `the photo ${imageId}`;
    if (!image.generatedCaptions.some((caption) => caption.id === captionId && caption.text === text))
      return `the caption of the photo ${imageId}`;
    const photo = await fetch(new URL(image.url, this.url));
    const stored = Buffer.from(await photo.arrayBuffer());
    return stored.equals(bytes) ? undefined : `the bytes of the photo ${imageId}`;
  }

  /** @returns a function that ends the watch, and says the longest time in milliseconds that /healthz did not answer */
  watchHealth(): () => Promise<number> {
    let [watching, longest, answered] = [true, 0, performance.now()];
    const look = (at: number) => {
      longest = Math.max(longest, at - answered);
      answered = at;
    };
    const watch = (async () => {
      while (watching) {
        const healthy = await fetch(new URL('/healthz', this.url)).then(
          ({ ok }) => ok,
          () => false,
        );
        if (healthy) look(performance.now());
        await wait(HEALTH_MILLISECONDS);
      }
    })();
    return async () => {
      watching = false;
      await watch;
      return Math.max(longest, performance.now() - answered);
    };
  }
}

const HEALTH_MILLISECONDS = 20;

function spawnServer(environment: NodeJS.ProcessEnv) {
  return spawn(process.execPath, [MAIN, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
}
