/** The PyTorch reference as a process that stays: a line of JSON asks for a step, a line answers. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ZodType } from 'zod';
import { z } from 'zod';

const greetingSchema = z.object({ torch: z.string(), threads: z.number() });
const stepSchema = z.object({ step: z.number(), ms: z.number(), loss: z.number(), norm: z.number() });

export type ReferenceStep = z.infer<typeof stepSchema>;

export interface ReferenceOptions {
  /** The Python of the venv. */
  readonly python: string;
  readonly script: string;
  /** Files of safetensors. */
  readonly parameters: string;
  readonly batches: string;
  /** Share that is dropped, 0..1. */
  readonly dropout: number;
  readonly threads: number;
  /** Written as one does at first, see reference.py. */
  readonly padded: boolean;
}

export class Reference {
  private constructor(
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    /** PyTorch's version. */
    readonly version: string,
  ) {}

  /** @throws Error when Python does not start or lacks a package; what it said is on stderr */
  static async start(options: ReferenceOptions): Promise<Reference> {
    const { python, script, parameters, batches, dropout, threads, padded } = options;
    const process = spawn(python, [
      script,
      '--serve',
      '--parameters',
      parameters,
      '--batches',
      batches,
      '--dropout',
      `${dropout}`,
      '--threads',
      `${threads}`,
      ...(padded ? ['--padded'] : []),
    ]);
    process.stderr.pipe(globalThis.process.stderr);
    await once(process, 'spawn');
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const { torch } = await read(lines, greetingSchema);
    return new Reference(process, lines, torch);
  }

  step(batch: number, rate: number): Promise<ReferenceStep> {
    this.process.stdin.write(`${JSON.stringify({ batch, rate })}\n`);
    return read(this.lines, stepSchema);
  }

  async close(): Promise<void> {
    this.process.stdin.end();
    if (this.process.exitCode === null) await once(this.process, 'exit');
  }
}

async function read<T>(lines: AsyncIterator<string>, schema: ZodType<T>): Promise<T> {
  const line = await lines.next();
  if (line.done) throw new Error('the PyTorch reference ended; see bench/train-step/README.md for its venv');
  return schema.parse(JSON.parse(line.value));
}
