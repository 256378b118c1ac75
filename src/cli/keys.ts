/** `ekphrasis keys`, `ekphrasis keys create` and `ekphrasis keys revoke ID` */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { stateOf } from '../access/keys.js';
import { parseScopes, SCOPE_MEANINGS, type Scope, SCOPES } from '../access/scopes.js';
import type { Config } from '../config.js';
import type { ApiKeyId } from '../ids.js';
import type { ApiKeyRecord } from '../store/api-keys.js';
import { type CommandContext, describeError, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

interface CreateOptions {
  readonly scope: readonly Scope[];
  readonly name?: string;
  readonly expires?: Date;
}

export function addKeyCommands(
  keys: Command,
  config: () => Config,
  context: CommandContext,
  { json }: { readonly json: () => Option },
): void {
  keys.addOption(json());
  keys
    .command('list', { isDefault: true })
    .description('list all keys that were ever made')
    .action((_options: unknown, command: Command) =>
      withApplication(config(), context, async (application) => {
        const found = await application.keys.list();
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, found.map(describe));
        else for (const key of found) printLine(context.stdout, lineOf(key));
      }),
    );
  keys
    .command('create')
    .description('make a key and print its secret, which is told only now')
    .addOption(
      new Option('--scope <list>', `what its owner may do, with commas between them: ${SCOPES.join(', ')}`)
        .argParser(scopes)
        .makeOptionMandatory(),
    )
    .option('--name <text>', 'what it is for. Default: its scopes')
    .addOption(
      new Option(
        '--expires <when>',
        'when it ends: a time from now (12h, 90d, 8w, 1y) or a date. Default: never',
      ).argParser(moment),
    )
    .addHelpText('after', `\nScopes:\n${SCOPES.map((scope) => `  ${scope}: ${SCOPE_MEANINGS[scope]}`).join('\n')}`)
    .action((options: CreateOptions, command: Command) =>
      withApplication(config(), context, async (application) => {
        const { scope, name, expires } = options;
        const { secret, key } = await application.keys.create({ scopes: scope, name, expiresAt: expires });
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, { ...describe(key), secret });
        else printLine(context.stdout, secret);
        printLine(
          context.stderr,
          `Key ${key.id}. Keep the secret: nobody can look it up. Servers ask for keys from now on.`,
        );
        if (!(await application.keys.hasAdmin()))
          printLine(context.stderr, 'No usable key has the scope admin: over the API nobody can make or revoke keys.');
      }),
    );
  keys
    .command('revoke')
    .description('refuse a key from now on')
    .argument('<id>', 'of the key')
    .action((id: string, _options: unknown, command: Command) =>
      withApplication(config(), context, async (application) => {
        const key = await application.keys.revoke(id as ApiKeyId);
        if (command.optsWithGlobals<Output>().json) printJson(context.stdout, describe(key));
        else printLine(context.stdout, lineOf(key));
      }),
    );
}

function describe(key: ApiKeyRecord) {
  return { ...key, state: stateOf(key) };
}

function lineOf(key: ApiKeyRecord): string {
  const { id, name, scopes: given, expiresAt, lastUsedAt } = key;
  const state = stateOf(key);
  return [
    id,
    state === 'usable' && expiresAt ? `until ${dayOf(expiresAt)}` : state,
    given.join(','),
    name,
    lastUsedAt ? `used ${dayOf(lastUsedAt)}` : 'never used',
  ].join('  ');
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function scopes(text: string): Scope[] {
  try {
    return parseScopes(text);
  } catch (error) {
    throw new InvalidArgumentError(describeError(error).message);
  }
}

const HOURS = { h: 1, d: 24, w: 7 * 24, y: 365 * 24 } as const;

function moment(text: string): Date {
  const [, count, unit] = /^(\d{1,5})([hdwy])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(Date.now() + Number(count) * HOURS[unit as keyof typeof HOURS] * 3_600_000);
  const date = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('It must be a time from now, such as 90d, or a date, such as 2027-01-01.');
  return date;
}
