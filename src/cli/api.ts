/**
 * The operations of the API for commands: asked of the server that has the embedded database open, else done by this
 * process, by the same resolvers. Either way a command is the owner of the machine.
 */
import 'reflect-metadata';
import { graphql, GraphQLError } from 'graphql';
import type { z } from 'zod';
import { SCOPES } from '../access/scopes.js';
import { createContext, createWorkplace } from '../api/context.js';
import { createSchema } from '../api/schema.js';
import type { Config } from '../config.js';
import { EkphrasisError } from '../errors.js';
import { runningServer } from './running-server.js';
import { type CommandContext, Interrupted } from './terminal.js';
import { withApplication } from './with-application.js';

/**
 * Does an operation.
 *
 * @param schema of its data
 * @throws the operation's errors, by their codes
 */
export type AskApi = <Data>(schema: z.ZodType<Data>, operation: string, variables?: object) => Promise<Data>;

/**
 * @param kinds queues that this process works on meanwhile, where it is the one that has the database open. Default: none.
 * @throws Interrupted when `context.signal` was aborted
 */
export async function withApi<T>(
  config: Config,
  context: CommandContext,
  action: (ask: AskApi) => Promise<T>,
  kinds: readonly string[] = [],
): Promise<T> {
  const { signal } = context;
  const server = await runningServer(config);
  if (server) {
    const ask: AskApi = async (schema, operation, variables = {}) =>
      schema.parse(await server.ask(operation, variables, signal));
    return action(ask).catch((error: unknown) => {
      throw signal.aborted ? new Interrupted('Interrupted.') : error;
    });
  }
  return withApplication(config, context, async (application) => {
    const schema = await createSchema();
    if (kinds.length > 0) await application.work({ kinds: [...kinds] });
    const workplace = createWorkplace(application, signal);
    return action(async (dataSchema, source, variableValues = {}) => {
      const contextValue = createContext(workplace, { kind: 'owner', scopes: SCOPES, address: 'localhost' });
      const { data, errors } = await graphql({ schema, source, variableValues: { ...variableValues }, contextValue });
      const [error] = errors ?? [];
      if (error) throw causeOf(error);
      return dataSchema.parse(data);
    });
  });
}

/** GraphQL wraps what a resolver throws. */
function causeOf(error: GraphQLError): unknown {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause instanceof EkphrasisError ? cause : error;
}
