/** `ekphrasis webhooks`, `ekphrasis webhooks add URL`, `remove|test|rotate ID`, `deliveries`, `redeliver ID` */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { WebhookDeliveryId, WebhookId } from '../ids.js';
import type { WebhookDeliveryRecord } from '../store/webhook-deliveries.js';
import type { WebhookRecord } from '../store/webhooks.js';
import { EVENT_MEANINGS, WEBHOOK_EVENTS, type WebhookEvent } from '../webhooks/events.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

interface AddOptions {
  readonly events?: readonly WebhookEvent[];
  readonly name?: string;
}

/** Messages that are listed. */
const LISTED = 100;

export function addWebhookCommands(
  webhooks: Command,
  config: () => Config,
  context: CommandContext,
  { json }: { readonly json: () => Option },
): void {
  const run = <Result>(
    command: Command,
    action: (application: Application) => Promise<Result>,
    show: (result: Result, asJson: boolean) => void,
  ) =>
    withApplication(config(), context, async (application) => {
      show(await action(application), command.optsWithGlobals<Output>().json);
    });
  const showSecret = ({ webhook, secret }: { webhook: WebhookRecord; secret: string }, asJson: boolean) => {
    if (asJson) printJson(context.stdout, { ...webhook, secret });
    else printLine(context.stdout, secret);
    printLine(context.stderr, `Webhook ${webhook.id}. Keep the secret: nobody can look it up.`);
  };
  const showWebhook = (webhook: WebhookRecord, asJson: boolean) => {
    if (asJson) printJson(context.stdout, webhook);
    else printLine(context.stdout, lineOf(webhook));
  };
  const showDelivery = (delivery: WebhookDeliveryRecord, asJson: boolean) => {
    if (asJson) printJson(context.stdout, delivery);
    else printLine(context.stdout, deliveryLine(delivery));
  };

  webhooks.addOption(json());
  webhooks
    .command('list', { isDefault: true })
    .description('list all webhooks')
    .action((_options: unknown, command: Command) =>
      run(
        command,
        (application) => application.webhooks.list(),
        (all, asJson) => {
          if (asJson) printJson(context.stdout, all);
          else for (const webhook of all) printLine(context.stdout, lineOf(webhook));
        },
      ),
    );
  webhooks
    .command('add')
    .description('have a program told of events, and print the secret of its messages, which is told only now')
    .argument('<url>', 'where messages are sent')
    .addOption(
      new Option('--events <list>', 'what it is told of, with commas between them. Default: everything').argParser(
        events,
      ),
    )
    .option('--name <text>', 'what it is for. Default: the host of its address')
    .addHelpText(
      'after',
      `\nEvents:\n${WEBHOOK_EVENTS.map((event) => `  ${event}: ${EVENT_MEANINGS[event]}`).join('\n')}`,
    )
    .action((url: string, { events: wanted, name }: AddOptions, command: Command) =>
      run(command, (application) => application.webhooks.create({ url, name, events: wanted }), showSecret),
    );
  const ofOne = (name: string, description: string) =>
    webhooks.command(name).description(description).argument('<id>', 'of the webhook');
  ofOne('remove', 'remove a webhook, with what it was told and what waits for it').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (application) => application.webhooks.remove(id as WebhookId), showWebhook),
  );
  ofOne('enable', 'send messages again that a webhook is to be told of').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (application) => application.webhooks.update(id as WebhookId, { enabled: true }), showWebhook),
  );
  ofOne('disable', 'send a webhook nothing, and note nothing new for it').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (application) => application.webhooks.update(id as WebhookId, { enabled: false }), showWebhook),
  );
  ofOne('rotate', 'give a webhook another secret; the one before counts for a day').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (application) => application.webhooks.rotateSecret(id as WebhookId), showSecret),
  );
  ofOne('test', 'send a webhook a message at once, and say how that went').action(
    (id: string, _options: unknown, command: Command) =>
      run(
        command,
        (application) => application.webhooks.test(id as WebhookId),
        (delivery, asJson) => {
          showDelivery(delivery, asJson);
          if (delivery.state !== 'DELIVERED')
            throw new EkphrasisError(ErrorCode.UrlUnreachable, 'The webhook did not take the message.');
        },
      ),
  );
  webhooks
    .command('deliveries')
    .description('list messages of the last 14 days and how they went, newest first')
    .argument('[id]', 'of the webhook. Default: all')
    .action((id: string | undefined, _options: unknown, command: Command) =>
      run(
        command,
        (application) =>
          application.store.webhookDeliveries.list(
            { limit: LISTED },
            { webhookId: id === undefined ? undefined : (id as WebhookId) },
          ),
        ({ items }, asJson) => {
          if (asJson) printJson(context.stdout, items);
          else for (const delivery of items) printLine(context.stdout, deliveryLine(delivery));
        },
      ),
    );
  webhooks
    .command('redeliver')
    .description('send a message again that was delivered or has failed')
    .argument('<id>', 'of the message')
    .action((id: string, _options: unknown, command: Command) =>
      run(command, (application) => application.webhooks.redeliver(id as WebhookDeliveryId), showDelivery),
    );
}

function lineOf({ id, enabled, failingSince, events: told, name, url }: WebhookRecord): string {
  const state = !enabled ? 'disabled' : failingSince ? `failing since ${failingSince.toISOString()}` : 'enabled';
  return [id, state, told.join(','), name, url].join('  ');
}

function deliveryLine({ id, type, state, attempts, createdAt }: WebhookDeliveryRecord): string {
  const last = attempts.at(-1);
  const outcome = last ? (last.error ?? `status ${last.status ?? 0} in ${last.milliseconds} ms`) : 'not sent yet';
  return [id, createdAt.toISOString(), type, state, `attempt ${attempts.length}`, outcome].join('  ');
}

function events(text: string): WebhookEvent[] {
  return text.split(',').map((name) => {
    const event = WEBHOOK_EVENTS.find((known) => known === name.trim());
    if (!event)
      throw new InvalidArgumentError(`There is no event ${name.trim()}: there are ${WEBHOOK_EVENTS.join(', ')}.`);
    return event;
  });
}
