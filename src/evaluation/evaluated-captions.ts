/** The captions of an evaluation, as a report asks for them: read once, however much of it wants them. */
import type { ImageId } from '../ids.js';
import { captionFigures } from '../metrics/scores.js';
import { badCursor } from '../search/cursors.js';
import type { EvaluatedCaptionRecord, EvaluationRecord } from '../store/evaluations.js';
import { type Page, pageOf, type PageRequest } from '../store/pages.js';
import type { Store } from '../store/store.js';
import type { Agreement } from './agreement.js';
import { type Comparison, compareEvaluations } from './compare-evaluations.js';
import { type CaptionGroup, groupsByContent, groupsByLength } from './groups.js';
import { inScoringThread } from './scoring.js';

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
    private readonly store: Pick<Store, 'evaluations' | 'ratings'>,
  ) {}

  /** None for an evaluation of an earlier version. */
  private all(): Promise<EvaluatedCaptionRecord[]> {
    this.reading ??= this.store.evaluations.captionsOf(this.evaluation.id);
    return this.reading;
  }

  async count(): Promise<number> {
    return (await this.all()).length;
  }

  /** Photos that were captioned and deleted since. Only of an evaluation that kept its captions. */
  async deleted(): Promise<number> {
    return this.evaluation.images - (await this.store.evaluations.countCaptions(this.evaluation.id));
  }

  /** @param request by photos of the list @throws BAD_USER_INPUT for one that is not of it */
  async ranked({ by, worstFirst }: CaptionOrder, request: PageRequest<ImageId>): Promise<Page<EvaluatedCaptionRecord>> {
    const sign = worstFirst ? 1 : -1;
    const worths = new Map((await this.all()).map((caption) => [caption, captionFigures(caption.scores)[by] ?? 0]));
    const sorted = [...worths]
      .sort(([a, worth], [b, other]) => sign * (worth - other) || (a.imageId < b.imageId ? -1 : 1))
      .map(([caption]) => caption);
    return pageOf(sorted, request, (cursor) => {
      const place = sorted.findIndex(({ imageId }) => imageId === cursor);
      if (place === -1) throw badCursor();
      return place;
    });
  }

  async byLength(): Promise<CaptionGroup[]> {
    return groupsByLength(await this.all());
  }

  async byContent(): Promise<CaptionGroup[]> {
    return groupsByContent(await this.all());
  }

  /** With the ratings of the very sentences that were measured; undefined while there are none. */
  async agreement(): Promise<PeoplesAgreement | undefined> {
    const all = await this.store.ratings.ofModel(this.evaluation.modelId);
    const ratings = new Map(all.map(({ imageId, text, mean }) => [`${imageId} ${text}`, mean]));
    if (ratings.size === 0) return undefined;
    const rated = (await this.all()).flatMap((caption) => {
      const rating = ratings.get(`${caption.imageId} ${caption.text}`);
      return rating === undefined ? [] : [{ ...caption, rating }];
    });
    if (rated.length === 0) return undefined;
    return { captions: rated.length, metrics: await inScoringThread('agreementOf', rated) };
  }

  async comparedWith(other: EvaluatedCaptions): Promise<Comparison | undefined> {
    return compareEvaluations(await this.all(), await other.all());
  }
}
