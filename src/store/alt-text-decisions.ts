/**
 * What people decided about the texts that stand in place of photos. No machine writes here: what models and files say is
 * offered from their own tables. Each decision is an event, which knows what it took the place of.
 */
import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.js';
import type { AltTextActionId, AltTextEventId, ImageId, ModelId, Sha256 } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import { groupByImage } from './group-by-image.js';
import { isRecordId } from './pages.js';
import { tellOfAltText } from './webhooks.js';

/** Where a text comes from: a person or a data set, the photo's file, a model. */
export const ALT_TEXT_ORIGINS = ['reference', 'file', 'generated'] as const;
export type AltTextOrigin = (typeof ALT_TEXT_ORIGINS)[number];

const deciderSchema = z.object({
  /** A kind of client: see src/access/client.ts. */
  kind: z.string(),
  /** Of the key, or of the person whom a proxy named. */
  name: z.string().nullable(),
});
/** Who decided. */
export type Decider = Readonly<z.infer<typeof deciderSchema>>;

const decisionSchema = z.object({ by: deciderSchema, at: z.coerce.date() });
export type Decision = Readonly<z.infer<typeof decisionSchema>>;

const writerSchema = z.object({
  origin: z.enum(ALT_TEXT_ORIGINS),
  /** The model that wrote it, which may be gone. */
  modelId: z
    .string()
    .transform((id) => id as ModelId)
    .nullable(),
  modelName: z.string().nullable(),
});
/** Who wrote a text. */
export type AltTextWriter = Readonly<z.infer<typeof writerSchema>>;

const approvedSchema = z.object({ ...writerSchema.shape, ...decisionSchema.shape, text: z.string() });
export type ApprovedText = Readonly<z.infer<typeof approvedSchema>>;

export interface ApprovedAltText extends ApprovedText {
  readonly imageId: ImageId;
  /** BCP 47. */
  readonly language: string;
}

export interface AltTextDecisions {
  readonly approved: readonly ApprovedAltText[];
  readonly decorative: Decision | undefined;
  /** Captions that are not to be offered. */
  readonly rejected: readonly string[];
}

export const NO_DECISIONS: AltTextDecisions = { approved: [], decorative: undefined, rejected: [] };

export const ALT_TEXT_EVENTS = ['APPROVED', 'EDITED', 'DECORATIVE', 'NOT_DECORATIVE', 'REJECTED', 'UNDONE'] as const;
export type AltTextEventKind = (typeof ALT_TEXT_EVENTS)[number];

const beforeSchema = z.object({
  /** The text in the event's language. */
  approved: approvedSchema.nullable(),
  decorative: decisionSchema.nullable(),
  /** Captions that it rejected. */
  rejected: z.array(z.string()),
});

export interface AltTextEventRecord extends Decision {
  readonly id: AltTextEventId;
  readonly actionId: AltTextActionId;
  readonly imageId: ImageId;
  /** Counted from 1 for each photo. */
  readonly number: number;
  /** Null where it is about every language. */
  readonly language: string | null;
  readonly kind: AltTextEventKind;
  readonly text: string | null;
  readonly writer: AltTextWriter | undefined;
  readonly before: z.infer<typeof beforeSchema>;
  readonly undoes: AltTextEventId | null;
}

/** What is to become of a photo. What is undefined stays. */
export interface AltTextChange {
  readonly imageId: ImageId;
  readonly language: string | null;
  readonly kind: AltTextEventKind;
  readonly text?: string | undefined;
  readonly writer?: AltTextWriter | undefined;
  /** Null: there is none any more. */
  readonly approved?: ApprovedText | null | undefined;
  readonly decorative?: Decision | null | undefined;
  readonly rejects?: readonly string[];
  readonly offersAgain?: readonly string[];
  readonly undoes?: AltTextEventId;
}

/** A photo as it is while it is locked. */
export interface AltTextState extends AltTextDecisions {
  /** Oldest first. */
  readonly events: readonly AltTextEventRecord[];
}

/** Whether an event changed what is said of a photo in a language. */
export function concerns({ language, before }: AltTextEventRecord, wanted: string | null): boolean {
  return wanted === null || language === null || language === wanted || before.decorative !== null;
}

/** How often somebody decided about a photo in a language: 0 while nobody has. */
export function revisionOf(events: readonly AltTextEventRecord[], language: string): number {
  return events.filter((event) => concerns(event, language)).length;
}

export class AltTextDecisionRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Of photos about which nobody has decided there is nothing. */
  of(imageIds: readonly ImageId[]): Promise<Map<ImageId, AltTextDecisions>> {
    return decisionsOf(this.prisma, imageIds.filter(isRecordId));
  }

  /** Oldest first. */
  async eventsOf(imageIds: readonly ImageId[]): Promise<Map<ImageId, AltTextEventRecord[]>> {
    return eventsOf(this.prisma, imageIds.filter(isRecordId));
  }

  /** The photos that were decided about together. */
  async imagesOf(actionId: AltTextActionId): Promise<ImageId[]> {
    if (!isRecordId(actionId)) return [];
    const rows = await this.prisma.altTextEvent.findMany({
      where: { actionId },
      select: { imageId: true },
      orderBy: { id: 'asc' },
    });
    return rows.map(({ imageId }) => imageId as ImageId);
  }

  /**
   * Decides about photos, which nobody else decides about meanwhile: all of what is planned is written, or nothing.
   *
   * @param imageIds each once
   * @param plan given those of the photos that there are, as they are; at most one change of each
   */
  async change(
    { actionId, by }: { readonly actionId: AltTextActionId; readonly by: Decider },
    imageIds: readonly ImageId[],
    plan: (states: ReadonlyMap<ImageId, AltTextState>) => readonly AltTextChange[],
  ): Promise<void> {
    const ids = imageIds.filter(isRecordId);
    await this.prisma.$transaction(async (transaction) => {
      const there = await transaction.$queryRaw<{ id: ImageId; sha256: Sha256 }[]>`
        SELECT "id"::text AS id, "sha256" FROM "Image" WHERE "id" = ANY (${ids}::uuid[]) ORDER BY "id" FOR NO KEY UPDATE`;
      const [decisions, events] = [await decisionsOf(transaction, ids), await eventsOf(transaction, ids)];
      const states = new Map(
        there.map(({ id }) => [id, { ...(decisions.get(id) ?? NO_DECISIONS), events: events.get(id) ?? [] }]),
      );
      const changes = plan(states);
      const hashes = new Map(there.map(({ id, sha256 }) => [id, sha256]));
      for (const change of changes) {
        await apply(transaction, change);
        await tellOfChange(transaction, change, hashes.get(change.imageId));
      }
      await transaction.altTextEvent.createMany({
        data: changes.map((change) => eventOf(change, { actionId, by }, states.get(change.imageId))),
      });
    });
  }
}

/** An undo is told of, too: what was approved before it is said again. */
async function tellOfChange(
  transaction: StoreTransaction,
  { imageId, language, approved, decorative }: AltTextChange,
  sha256: Sha256 | undefined,
): Promise<void> {
  const decision = decorative ?? approved;
  if (!decision || sha256 === undefined) return;
  await tellOfAltText(transaction, {
    imageId,
    sha256,
    text: decorative ? '' : (approved?.text ?? ''),
    decorative: Boolean(decorative),
    language: decorative ? null : language,
    approvedBy: decision.by.name,
    approvedAt: decision.at,
  });
}

async function decisionsOf(prisma: StoreTransaction, ids: readonly ImageId[]): Promise<Map<ImageId, AltTextDecisions>> {
  const where = { imageId: { in: [...ids] } };
  const approved = groupByImage(
    (await prisma.approvedAltText.findMany({ where, orderBy: { language: 'asc' } })).map(toApproved),
  );
  const decorative = new Map(
    (await prisma.decorativeImage.findMany({ where })).map((row) => [row.imageId as ImageId, toDecision(row)]),
  );
  const rejected = groupByImage(
    (await prisma.rejectedAltText.findMany({ where, select: { imageId: true, caption: true } })).map((row) => ({
      ...row,
      imageId: row.imageId as ImageId,
    })),
  );
  return new Map(
    [...new Set([...approved.keys(), ...decorative.keys(), ...rejected.keys()])].map((id) => [
      id,
      {
        approved: approved.get(id) ?? [],
        decorative: decorative.get(id),
        rejected: (rejected.get(id) ?? []).map(({ caption }) => caption),
      },
    ]),
  );
}

async function eventsOf(
  prisma: StoreTransaction,
  ids: readonly ImageId[],
): Promise<Map<ImageId, AltTextEventRecord[]>> {
  const rows = await prisma.altTextEvent.findMany({ where: { imageId: { in: [...ids] } }, orderBy: { number: 'asc' } });
  return groupByImage(rows.map(toEvent));
}

async function apply(
  transaction: StoreTransaction,
  { imageId, language, approved, decorative, rejects = [], offersAgain = [] }: AltTextChange,
): Promise<void> {
  if (approved !== undefined && language !== null) {
    await transaction.approvedAltText.deleteMany({ where: { imageId, language } });
    if (approved) {
      const { by, ...rest } = approved;
      await transaction.approvedAltText.create({ data: { imageId, language, ...rest, ...columnsOf(by) } });
    }
  }
  if (decorative !== undefined) {
    await transaction.decorativeImage.deleteMany({ where: { imageId } });
    if (decorative)
      await transaction.decorativeImage.create({ data: { imageId, ...columnsOf(decorative.by), at: decorative.at } });
  }
  if (rejects.length > 0)
    await transaction.rejectedAltText.createMany({ data: rejects.map((caption) => ({ imageId, caption })) });
  if (offersAgain.length > 0)
    await transaction.rejectedAltText.deleteMany({ where: { imageId, caption: { in: [...offersAgain] } } });
}

function eventOf(
  { imageId, language, kind, text, writer, rejects = [], undoes }: AltTextChange,
  { actionId, by }: { readonly actionId: AltTextActionId; readonly by: Decider },
  state: AltTextState | undefined,
): Prisma.AltTextEventCreateManyInput {
  const approved = state?.approved.find((own) => own.language === language);
  const before = {
    approved: approved ? jsonOf(approved) : null,
    decorative: state?.decorative ? jsonOf(state.decorative) : null,
    rejected: [...rejects],
  };
  const number = (state?.events.length ?? 0) + 1;
  const data = { actionId, imageId, number, language, kind, text: text ?? null, undoes: undoes ?? null, before };
  return { ...data, ...writer, ...columnsOf(by) };
}

/** Dates become texts. */
function jsonOf({ at, ...rest }: Decision & Partial<ApprovedText>): Prisma.InputJsonObject {
  return { ...rest, at: at.toISOString() };
}

function columnsOf({ kind, name }: Decider): { byKind: string; byName: string | null } {
  return { byKind: kind, byName: name };
}

function toDecision({ byKind, byName, at }: { byKind: string; byName: string | null; at: Date }): Decision {
  return { by: { kind: byKind, name: byName }, at };
}

function toApproved(row: Prisma.ApprovedAltTextGetPayload<object>): ApprovedAltText {
  const { imageId, language } = row;
  return { imageId: imageId as ImageId, language, ...approvedSchema.parse({ ...row, ...toDecision(row) }) };
}

function toEvent(row: Prisma.AltTextEventGetPayload<object>): AltTextEventRecord {
  const { id, actionId, imageId, number, language, kind, text, before, undoes } = row;
  return {
    ...toDecision(row),
    id: id as AltTextEventId,
    actionId: actionId as AltTextActionId,
    imageId: imageId as ImageId,
    number,
    language,
    kind: z.enum(ALT_TEXT_EVENTS).parse(kind),
    text,
    writer: writerSchema.safeParse(row).data,
    before: beforeSchema.parse(before),
    undoes: undoes as AltTextEventId | null,
  };
}
