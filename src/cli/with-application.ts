/** Opens the application for one command, shows its downloads, and closes it however the command ends. */
import { pino } from 'pino';
import { REDACTED } from '../access/redaction.js';
import { type Application, openApplication } from '../application.js';
import type { Config } from '../config.js';
import { requestFields } from '../monitoring/request-id.js';
import { type Progress, startProgress } from './progress.js';
import { type CommandContext, Interrupted, printLine } from './terminal.js';

/**
 * Runs `action` with an open application.
 *
 * @param interrupted what to undo when the command is ended early, before the application closes
 * @throws Interrupted when `context.signal` was aborted; the application is closed by then
 */
export async function withApplication<T>(
  config: Config,
  context: CommandContext,
  action: (application: Application) => Promise<T>,
  interrupted?: (application: Application) => Promise<void>,
): Promise<T> {
  // A command says itself what a person wants to know; its log is for troubles.
  const application = await openForCommand(config, context, config.logLevel === 'info' ? 'error' : config.logLevel);
  try {
    const interruption = aborted(context.signal).then(async () => {
      await interrupted?.(application);
      throw new Interrupted('Interrupted.');
    });
    return await Promise.race([action(application), interruption]);
  } catch (error) {
    // Whatever fails while the command is being ended fails because of it.
    throw context.signal.aborted ? new Interrupted('Interrupted.') : error;
  } finally {
    await application.close();
  }
}

/** The application, logging to stderr, with a bar there while VGG16's weights are fetched. */
export function openForCommand(
  config: Config,
  context: CommandContext,
  level: Config['logLevel'],
): Promise<Application> {
  let bar: Progress | undefined;
  return openApplication(config, {
    log: pino({ level, redact: REDACTED, mixin: requestFields }, context.stderr),
    onNotice: (sentence) => {
      bar?.stop();
      bar = undefined;
      printLine(context.stderr, sentence);
    },
    onDownload: (done, total) => {
      bar ??= startProgress(context.stderr, { label: "Fetching VGG16's weights", unit: 'bytes', total });
      bar.update(done, total);
      // A source may say more than once that all is there; the bar stays stopped until another is tried.
      if (done >= total) bar.stop();
    },
  });
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
