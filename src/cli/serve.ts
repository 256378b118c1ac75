/** `ekphrasis serve` */
import type { Command } from 'commander';
import { startServer } from '../api/server/server.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { startWatchdog } from '../watch/watchdog.js';
import { type CommandContext, describeError, printLine } from './terminal.js';
import { aborted, openForCommand } from './with-application.js';
import { checkShared } from './worker.js';

export function addServeCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('serve')
    .description('start the server: GraphQL over HTTP and WebSocket')
    .option('--no-worker', 'leave the work of the queues to ekphrasis worker')
    .action((options: Parameters<typeof serveCommand>[2]) => serveCommand(config(), context, options));
}

/**
 * Serves until it is told to end. Weights that cannot be had do not keep the server from starting: search and
 * everything else that needs no encoder works, and captioning tries again. An encoder's file that cannot be used does.
 */
export async function serveCommand(
  config: Config,
  context: CommandContext,
  options: { readonly worker: boolean },
): Promise<void> {
  if (!options.worker) checkShared(config);
  const stopWatchdog = await startWatchdog({ what: 'server', seconds: config.watchdogSeconds });
  const application = await openForCommand(config, context, config.logLevel);
  try {
    const first = config.access.firstKey ? await application.keys.createFirst() : undefined;
    // At once, as nobody can look it up.
    if (first) printLine(context.stdout, `The admin key of this server, told only this once: ${first.secret}`);
    // The server would say it as well, after VGG16's weights are fetched.
    await application.authenticator.checkOpening();
    await application.collection().catch((error: unknown) => {
      if (error instanceof EkphrasisError && error.code === ErrorCode.InvalidConfiguration) throw error;
      const { code, message } = describeError(error);
      printLine(context.stderr, `${code}: ${message}`);
    });
    if (context.signal.aborted) return;
    const server = await startServer(application);
    try {
      if (options.worker) await application.work();
      printLine(context.stdout, greeting(server.url));
      await aborted(context.signal);
    } finally {
      await server.close();
    }
  } finally {
    await application.close();
    await stopWatchdog();
  }
}

/** Where the page and GraphQL are, and what to try first. */
function greeting(url: string): string {
  const query =
    'curl -F operations=\'{"query":"mutation($upload: Upload!){captionImage(upload:$upload){id text}}","variables":{"upload":null}}\' ' +
    '-F map=\'{"0":["variables.upload"]}\' -F 0=@photo.jpg -H \'apollo-require-preflight: 1\' ';
  return `GraphQL is at ${url}. Try: ${query}${url}\nThe page for people is at ${new URL('/', url).href}`;
}
