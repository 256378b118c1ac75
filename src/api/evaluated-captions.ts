/** The captions of an evaluation, as a report asks for them: read once, however many of its fields want them. */
import type { Agreement } from '../evaluation/agreement.js';
import { inScoringThread } from '../evaluation/scoring.js';
import { type Comparison, compareEvaluations } from '../jobs/compare-evaluations.js';
import { captionFigures } from '../metrics/scores.js';
import { badCursor } from '../search/cursors.js';
import { exactly } from '../store/counts.js';
import type { EvaluatedCaptionRecord, EvaluationRecord } from '../store/evaluations.js';
import type { PageContent } from './pages.js';
import type { Services } from './services.js';

/** How captions are ordered by what they are worth. */
export interface CaptionOrder {
  /** The key of a figure of single captions. */
  readonly by: string;
  readonly worstFirst: boolean;
}

/** How well the metrics agree with people. */
export interface PeoplesAgreement {
  /** Captions people have rated. */
  readonly captions: number;
  readonly metrics: readonly Agreement[];
}

export class EvaluatedCaptions {
  private reading: Promise<EvaluatedCaptionRecord[]> | undefined;

  constructor(
    private readonly evaluation: EvaluationRecord,
    private readonly store: Pick<Services['store'], 'evaluations' | 'ratings'>,
  ) {}

  /** None for an evaluation of an earlier version. */
  all(): Promise<EvaluatedCaptionRecord[]> {
    this.reading ??= this.store.evaluations.captionsOf(this.evaluation.id);
    return this.reading;
  }

  /** Photos that were captioned and deleted since. Only of an evaluation that kept its captions. */
  async deleted(): Promise<number> {
    return this.evaluation.images - (await this.store.evaluations.countCaptions(this.evaluation.id));
  }

  /** @throws BAD_USER_INPUT when `after` is no cursor of this list */
  async page<Node>(
    { by, worstFirst }: CaptionOrder,
    { first, after }: { readonly first: number; readonly after?: string | null },
    toNode: (caption: EvaluatedCaptionRecord) => Node,
  ): Promise<PageContent<Node>> {
    const sign = worstFirst ? 1 : -1;
    const worths = new Map((await this.all()).map((caption) => [caption, captionFigures(caption.scores)[by] ?? 0]));
    const compare = ([a, worth]: readonly [EvaluatedCaptionRecord, number], [b, other]: readonly [EvaluatedCaptionRecord, number]) =>
      sign * (worth - other) || (a.imageId < b.imageId ? -1 : 1);
    const sorted = [...worths].sort(compare).map(([caption]) => caption);
    const start = after == null ? 0 : sorted.findIndex(({ imageId }) => imageId === Buffer.from(after, 'base64url').toString('latin1')) + 1;
    if (after != null && start === 0) throw badCursor();
    return {
      edges: sorted.slice(start, start + first).map((caption) => ({ cursor: Buffer.from(caption.imageId).toString('base64url'), node: toNode(caption) })),
      hasNext: sorted.length > start + first,
      hasPrevious: start > 0,
      count: () => Promise.resolve(exactly(sorted.length)),
    };
  }

  /** With the ratings of the very sentences that were measured; undefined while there are none. */
  async agreement(): Promise<PeoplesAgreement | undefined> {
    const ratings = new Map((await this.store.ratings.ofModel(this.evaluation.modelId)).map(({ imageId, text, mean }) => [`${imageId} ${text}`, mean]));
    if (ratings.size === 0) return undefined;
    const rated = (await this.all()).flatMap((caption) => {
      const rating = ratings.get(`${caption.imageId} ${caption.text}`);
      return rating === undefined ? [] : [{ ...caption, rating }];
    });
    return rated.length === 0 ? undefined : { captions: rated.length, metrics: await inScoringThread('agreementOf', rated) };
  }

  async comparedWith(other: EvaluatedCaptions): Promise<Comparison | undefined> {
    return compareEvaluations(await this.all(), await other.all());
  }
}
