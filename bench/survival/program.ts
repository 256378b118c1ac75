/** The built program as a process of its own, and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

const MAIN = join(PROGRAM_FOLDER, 'dist', 'main.js');
const takenUpSchema = z.object({ jobId: z.string(), attempt: z.number(), msg: z.literal('a training is taken up') });

/** Emits `line` for what it prints, and `taken up` with a job's id when it begins or goes on with a training. */
export class Program extends EventEmitter {
  private readonly process: ChildProcess;
  private readonly log: string[] = [];

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv) {
    super();
    this.process = spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    if (!this.process.stdout || !this.process.stderr) throw new Error('the program has no streams');
    createInterface(this.process.stdout).on('line', (line) => this.emit('line', line));
    createInterface(this.process.stderr).on('line', (line) => {
      this.log.push(line);
      const event = takenUpSchema.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined);
      if (event.success) this.emit('taken up', event.data.jobId);
    });
  }

  /** All it has logged. */
  get said(): string {
    return this.log.join('\n');
  }

  /** The first line that it prints: a server's has its address. @throws Error when it ends before */
  async ready(): Promise<string> {
    const ended = once(this.process, 'exit').then(() => Promise.reject(new Error(`it ended: ${this.said}`)));
    const [line] = (await Promise.race([once(this, 'line'), ended])) as [string];
    return line;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    await exit;
  }
}
