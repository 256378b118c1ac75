/** What a network's file does not say of itself: the JSON beside it. */
import { z } from 'zod';
import { CHANNEL_ORDERS } from '../photo.js';

const name = z.string().min(1);
const numbers = z.tuple([z.number(), z.number(), z.number()]);

export const onnxSettingsSchema = z.strictObject({
  /** Side of the input in pixels. */
  side: z.number().int().min(1).max(4096),
  /** Of the channels, in their order, where white is 1. Default: ImageNet's. */
  mean: numbers.default([0.485, 0.456, 0.406]),
  deviation: z
    .tuple([z.number().positive(), z.number().positive(), z.number().positive()])
    .default([0.229, 0.224, 0.225]),
  channels: z.enum(CHANNEL_ORDERS).default('RGB'),
  /** The output with the regions: [n, c, h, w] or [n, places, c]. */
  regions: name,
  /** Places of [n, places, c] at the beginning that are none of the photo, such as a class token. */
  skip: z.number().int().min(0).max(1000).default(0),
  /** The output with the photo as a whole [n, c]. Default: it is made of the regions. */
  pooled: name.optional(),
  /** How it is made of them: their mean, the largest number of each channel, or the first place, a class token. */
  pooling: z.enum(['mean', 'max', 'first']).default('mean'),
});

export type OnnxSettings = Readonly<z.infer<typeof onnxSettingsSchema>>;
