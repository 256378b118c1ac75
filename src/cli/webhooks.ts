/** `ekphrasis webhooks`, `ekphrasis webhooks add URL`, `remove|test|rotate ID`, `deliveries`, `redeliver ID` */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { enumName, enumOf } from '../api/enum-names.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { EVENT_MEANINGS, WEBHOOK_EVENTS, type WebhookEvent } from '../webhooks/events.js';
import { type AskApi, withApi } from './api.js';
import { type CommandContext, printJson, printLine } from './terminal.js';

interface Output {
  readonly json: boolean;
}

interface AddOptions {
  readonly events?: readonly WebhookEvent[];
  readonly name?: string;
}

/** Messages that are listed. */
const LISTED = 100;

const EVENTS_BY_ENUM = enumOf(WEBHOOK_EVENTS);

const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  name: z.string(),
  events: z.array(z.string().transform((name) => EVENTS_BY_ENUM[name] ?? name)),
  enabled: z.boolean(),
  failures: z.number(),
  failingSince: z.string().nullable(),
  earlierSecretUntil: z.string().nullable(),
  createdAt: z.string(),
});
type Webhook = z.output<typeof webhookSchema>;
const WEBHOOK = 'id url name events enabled failures failingSince earlierSecretUntil createdAt';

const secretSchema = z.object({ secret: z.string(), webhook: webhookSchema });
type WebhookSecret = z.output<typeof secretSchema>;

const deliverySchema = z.object({
  id: z.string(),
  messageId: z.string(),
  webhookId: z.string(),
  type: z.string(),
  state: z.string(),
  body: z.string(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  nextAttemptAt: z.string().nullable(),
  attempts: z.array(
    z.object({
      at: z.string(),
      milliseconds: z.number(),
      status: z.number().nullable(),
      answer: z.string(),
      error: z.string().nullable(),
    }),
  ),
});
type Delivery = z.output<typeof deliverySchema>;
const DELIVERY = `id messageId webhookId type state body createdAt endedAt nextAttemptAt
  attempts { at milliseconds status answer error }`;

/** Does a mutation, of the input type of its name. */
async function change<Result>(
  ask: AskApi,
  name: string,
  { schema, fields }: { readonly schema: z.ZodType<Result>; readonly fields: string },
  input: object,
): Promise<Result> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const operation = `mutation ($input: ${type}!) { result: ${name}(input: $input) { ${fields} } }`;
  return (await ask(z.object({ result: schema }), operation, { input })).result;
}

const AS_WEBHOOK = { schema: webhookSchema, fields: WEBHOOK };
const AS_SECRET = { schema: secretSchema, fields: `secret webhook { ${WEBHOOK} }` };
const AS_DELIVERY = { schema: deliverySchema, fields: DELIVERY };

export function addWebhookCommands(
  webhooks: Command,
  config: () => Config,
  context: CommandContext,
  { json }: { readonly json: () => Option },
): void {
  const run = <Result>(
    command: Command,
    action: (ask: AskApi) => Promise<Result>,
    show: (result: Result, asJson: boolean) => void,
  ) =>
    withApi(config(), context, async (ask) => {
      show(await action(ask), command.optsWithGlobals<Output>().json);
    });
  const showSecret = ({ webhook, secret }: WebhookSecret, asJson: boolean) => {
    if (asJson) printJson(context.stdout, { ...webhook, secret });
    else printLine(context.stdout, secret);
    printLine(context.stderr, `Webhook ${webhook.id}. Keep the secret: nobody can look it up.`);
  };
  const showWebhook = (webhook: Webhook, asJson: boolean) => {
    if (asJson) printJson(context.stdout, webhook);
    else printLine(context.stdout, lineOf(webhook));
  };
  const showDelivery = (delivery: Delivery, asJson: boolean) => {
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
        async (ask) =>
          (await ask(z.object({ webhooks: z.array(webhookSchema) }), `{ webhooks { ${WEBHOOK} } }`)).webhooks,
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
      run(
        command,
        (ask) => change(ask, 'createWebhook', AS_SECRET, { url, name, events: wanted?.map(enumName) }),
        showSecret,
      ),
    );
  const ofOne = (name: string, description: string) =>
    webhooks.command(name).description(description).argument('<id>', 'of the webhook');
  ofOne('remove', 'remove a webhook, with what it was told and what waits for it').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (ask) => change(ask, 'deleteWebhook', AS_WEBHOOK, { id }), showWebhook),
  );
  ofOne('enable', 'send messages again that a webhook is to be told of').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (ask) => change(ask, 'updateWebhook', AS_WEBHOOK, { id, enabled: true }), showWebhook),
  );
  ofOne('disable', 'send a webhook nothing, and note nothing new for it').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (ask) => change(ask, 'updateWebhook', AS_WEBHOOK, { id, enabled: false }), showWebhook),
  );
  ofOne('rotate', 'give a webhook another secret; the one before counts for a day').action(
    (id: string, _options: unknown, command: Command) =>
      run(command, (ask) => change(ask, 'rotateWebhookSecret', AS_SECRET, { id }), showSecret),
  );
  ofOne('test', 'send a webhook a message at once, and say how that went').action(
    (id: string, _options: unknown, command: Command) =>
      run(
        command,
        (ask) => change(ask, 'testWebhook', AS_DELIVERY, { id }),
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
        async (ask) => {
          const schema = z.object({
            webhookDeliveries: z.object({ edges: z.array(z.object({ node: deliverySchema })) }),
          });
          const operation = `query ($filter: WebhookDeliveryFilter, $first: Int) {
            webhookDeliveries(filter: $filter, first: $first) { edges { node { ${DELIVERY} } } } }`;
          const variables = { filter: { webhookId: id }, first: LISTED };
          return (await ask(schema, operation, variables)).webhookDeliveries.edges.map(({ node }) => node);
        },
        (deliveries, asJson) => {
          if (asJson) printJson(context.stdout, deliveries);
          else for (const delivery of deliveries) printLine(context.stdout, deliveryLine(delivery));
        },
      ),
    );
  webhooks
    .command('redeliver')
    .description('send a message again that was delivered or has failed')
    .argument('<id>', 'of the message')
    .action((id: string, _options: unknown, command: Command) =>
      run(command, (ask) => change(ask, 'redeliverWebhook', AS_DELIVERY, { deliveryId: id }), showDelivery),
    );
}

function lineOf({ id, enabled, failingSince, events: told, name, url }: Webhook): string {
  const state = !enabled ? 'disabled' : failingSince ? `failing since ${failingSince}` : 'enabled';
  return [id, state, told.join(','), name, url].join('  ');
}

function deliveryLine({ id, type, state, attempts, createdAt }: Delivery): string {
  const last = attempts.at(-1);
  const outcome = last ? (last.error ?? `status ${last.status ?? 0} in ${last.milliseconds} ms`) : 'not sent yet';
  return [id, createdAt, type, state, `attempt ${attempts.length}`, outcome].join('  ');
}

function events(text: string): WebhookEvent[] {
  return text.split(',').map((name) => {
    const event = WEBHOOK_EVENTS.find((known) => known === name.trim());
    if (!event)
      throw new InvalidArgumentError(`There is no event ${name.trim()}: there are ${WEBHOOK_EVENTS.join(', ')}.`);
    return event;
  });
}
