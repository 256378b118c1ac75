/** What other programs may call photos. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isSha256 } from '../files/sha256.js';
import type { ImageId } from '../ids.js';
import type { ImageRecord } from '../store/images.js';
import type { Store } from '../store/store.js';

/** Longest external id, in UTF-16 units. */
export const LONGEST_EXTERNAL_ID = 255;

/** A photo is looked up by its hash or its external id in the same place, so that one must not look like the other. */
export const externalIdSchema = z
  .string()
  .min(1)
  .max(LONGEST_EXTERNAL_ID)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), { error: 'has a control character' })
  .refine((text) => !isSha256(text), { error: 'looks like the SHA-256 of a photo' });

/**
 * Says what another program calls a photo; null takes it away.
 *
 * @throws BAD_USER_INPUT, NOT_FOUND; CONFLICT where another photo has it
 */
export async function setExternalId(
  imageId: ImageId,
  externalId: string | null,
  { externalIds }: Pick<Store, 'externalIds'>,
): Promise<ImageRecord> {
  const checked = externalIdSchema.nullable().safeParse(externalId);
  if (checked.success) return externalIds.set(imageId, checked.data);
  const reason = checked.error.issues.map(({ message }) => message).join(', ');
  const message = `An external id has 1 to ${LONGEST_EXTERNAL_ID} characters, none of them a control character, and is no SHA-256: ${reason}.`;
  throw new EkphrasisError(ErrorCode.BadInput, message);
}
