/** What the plain API reads and answers: requests are checked by these schemas, and its document is made of them. */
import { z } from 'zod';
import { DEFAULT_OPTIONS } from '../../captioner/captioner.js';
import { externalIdSchema } from '../../collection/external-id.js';

/** The beam search that writes the caption ends with as many. */
const MOST_CANDIDATES = DEFAULT_OPTIONS.beamWidth;

const options = {
  store: z.boolean().default(false).meta({
    description: 'Whether the photo comes into the collection with its caption. Default: nothing is kept of it.',
  }),
  candidates: z
    .int()
    .min(1)
    .max(MOST_CANDIDATES)
    .default(1)
    .meta({ description: 'How many captions are wanted, the best first.' }),
  words: z.boolean().default(false).meta({ description: 'Whether the answer has the words of captions.' }),
  language: z.string().optional().meta({
    description: 'A BCP 47 tag that one of the models writes. Default: the language of the current model.',
    example: 'en',
  }),
  externalId: externalIdSchema.optional().meta({
    description:
      'What your program calls the photo, with `store` only. It can be looked up by it. Another photo that had this id ' +
      'stays in the collection without it.',
  }),
  name: z.string().min(1).optional().meta({ description: "The file's name." }),
};

/** The options alone, as they stand in a query or a form. */
export const optionsSchema = z.strictObject(options).refine(hasStore, needsStore());

export const captionRequestSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: 'The address of the photo. Give this or `base64`.' }),
    base64: z.string().min(1).optional().meta({ description: 'The bytes of the photo, or a data URL with them.' }),
    ...options,
  })
  .refine(hasStore, needsStore())
  .refine(({ url, base64 }) => (url === undefined) !== (base64 === undefined), {
    error: 'give either url or base64',
  })
  .meta({ id: 'CaptionRequest' });

export type CaptionOptions = z.infer<typeof optionsSchema>;

function hasStore({ store, externalId }: { store: boolean; externalId?: string | undefined }): boolean {
  return store || externalId === undefined;
}

function needsStore() {
  return { error: 'needs store: true', path: ['externalId'] };
}

const wordSchema = z
  .object({
    word: z.string(),
    probability: z.number().meta({ description: 'Of this word after the words before it, 0 to 1.' }),
  })
  .meta({ id: 'Word' });

const candidateSchema = z
  .object({
    text: z.string(),
    confidence: z.number().meta({
      description: "The geometric mean of the probabilities of the caption's words and of its end, 0 to 1.",
    }),
    words: z.array(wordSchema).optional().meta({ description: 'Where `words` was asked for.' }),
  })
  .meta({ id: 'Candidate' });

export const captionAnswerSchema = z
  .object({
    caption: z.string().meta({ example: 'A dog runs across the grass.' }),
    ...candidateSchema.omit({ text: true }).shape,
    language: z.string().meta({ description: 'Of the caption, a BCP 47 tag.', example: 'en' }),
    model: z.object({ id: z.string(), name: z.string() }).meta({ description: 'The model that wrote it.' }),
    candidates: z
      .array(candidateSchema)
      .meta({ description: 'As many captions as were asked for, the caption first.' }),
    photo: z
      .object({ sha256: z.string(), mediaType: z.string(), width: z.int(), height: z.int() })
      .meta({ description: 'Width and height in pixels, of the upright photo.' }),
    image: z
      .object({
        id: z.string(),
        url: z.string().meta({ description: 'A path on this server.' }),
        externalId: z.string().nullable(),
        duplicate: z.boolean().meta({ description: 'Whether the same photo was in the collection before.' }),
      })
      .nullable()
      .meta({ description: 'The photo in the collection; null where it was not to be stored.' }),
    notices: z
      .array(z.string())
      .meta({ description: 'Remarks about the file, one sentence each, for instance that its end is missing.' }),
  })
  .meta({ id: 'Caption' });

export type CaptionAnswer = z.infer<typeof captionAnswerSchema>;

export const altAnswerSchema = z
  .object({
    alt: z.string().nullable().meta({
      description: 'The text. Empty for a decorative photo. Null while there is none: reading it has none written.',
    }),
    state: z.enum(['missing', 'suggested', 'approved', 'decorative']).meta({
      description: 'Whether a person approved the text, or said that the photo is to have none.',
    }),
    language: z.string().nullable().meta({ description: 'A BCP 47 tag. Null where nobody knows.' }),
    origin: z.enum(['reference', 'file', 'generated']).nullable().meta({
      description: "A person's sentence, one of the photo's file, or a model's. Null where there is none.",
    }),
    confidence: z
      .number()
      .nullable()
      .meta({ description: "1 for a person's sentence. Of a model's the share of words that people would use." }),
    sha256: z.string(),
    externalId: z.string().nullable(),
  })
  .meta({ id: 'Alt' });

/** Beside the body. */
export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(257)
  .optional()
  .meta({
    description:
      'With `store`: a key of your choice, such as a UUID. The same request with the same key is answered the same for ' +
      '24 hours (draft-ietf-httpapi-idempotency-key-header).',
  });

/** What is wrong, in words. */
export function describeIssues(error: z.ZodError): string {
  const faults = error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  return `The request cannot be read. ${faults.join('; ')}.`;
}
