/** Operations whose answers are checked before a test looks at them. */
import { z } from 'zod';
import { codeOf, CAPTION_IMAGE, type GraphQLResponse, type TestServer, uploadForm } from './test-server.js';

/** What went wrong, as a client is told. */
export interface Refusal {
  readonly code: string | undefined;
  readonly message: string;
}

/** The data of an operation that succeeds; fails with the server's errors otherwise. */
export async function ask<Data>(
  server: TestServer,
  schema: z.ZodType<Data>,
  query: string,
  variables = {},
): Promise<Data> {
  return dataOf(await server.query(query, variables), schema);
}

/** The only error of an operation that fails. */
export async function refusal(server: TestServer, query: string, variables = {}): Promise<Refusal> {
  return refusalOf(await server.query(query, variables));
}

export function refusalOf(response: GraphQLResponse): Refusal {
  return { code: codeOf(response), message: response.errors?.[0]?.message ?? '' };
}

const captionedSchema = z.object({
  captionImage: z.object({
    id: z.string(),
    text: z.string(),
    duplicate: z.boolean(),
    words: z.array(z.object({ word: z.string(), probability: z.number() })),
    image: z.object({ name: z.string(), url: z.string() }),
  }),
});
export type Captioned = z.infer<typeof captionedSchema>['captionImage'];

/** Uploads a photo that is to be captioned. */
export async function captionImage(server: TestServer, bytes: Uint8Array, name = 'photo.png'): Promise<Captioned> {
  return dataOf(await server.captionImage(bytes, name), captionedSchema).captionImage;
}

/** What comes of sending files, all of them photos to caption. */
export function sendFiles(
  server: TestServer,
  files: readonly { bytes: Uint8Array; name: string }[],
  headers?: Record<string, string>,
): Promise<GraphQLResponse> {
  return server.post(uploadForm(CAPTION_IMAGE, files), headers);
}

function dataOf<Data>({ data, errors }: GraphQLResponse, schema: z.ZodType<Data>): Data {
  if (errors) throw new Error(JSON.stringify(errors));
  return schema.parse(data);
}
