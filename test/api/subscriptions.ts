/** Subscriptions as a client of graphql-transport-ws makes them. */
import type { Client } from 'graphql-ws';
import { z } from 'zod';
import type { Refusal } from './client.js';

type Variables = Readonly<Record<string, unknown>>;

/** What a subscription tells, one after another, until it ends. */
export async function* subscribe<Data>(
  client: Client,
  data: z.ZodType<Data>,
  query: string,
  variables: Variables = {},
): AsyncGenerator<Data> {
  for await (const { data: told, errors } of client.iterate({ query, variables: { ...variables } })) {
    if (errors) throw new Error(JSON.stringify(errors));
    yield data.parse(told);
  }
}

const refusalSchema = z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).min(1);

/** The first error of an operation that is refused, as a result or in place of one. */
export async function subscriptionRefusal(client: Client, query: string, variables: Variables = {}): Promise<Refusal> {
  const result: unknown = await client
    .iterate({ query, variables: { ...variables } })
    .next()
    .then(
      ({ value }): unknown => value,
      (errors: unknown) => ({ errors }),
    );
  const [error] = refusalSchema.parse(z.object({ errors: z.unknown() }).parse(result).errors);
  if (!error) throw new Error('the operation was expected to fail');
  return { code: error.extensions.code, message: error.message };
}
