#!/usr/bin/env node
/** The front door: hands the command line to the commands and ends with their exit code. */
import './no-telemetry.js';
import { runCommandLine } from './cli/program.js';

// Photos, captions and exports are their owner's: no one else reads the files that this process and its children make.
process.umask(0o077);

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    controller.abort(signal);
  });
}

// Whoever read the output has gone, as `head` does after its lines: the command still ends in order.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: controller.signal,
});
