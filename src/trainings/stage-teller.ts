/** Tells what a training is at: at once when that changes, and then as often as a person looks. */
import { SlidingRate } from '../monitoring/rate.js';
import type { StageProgress, TrainingStage } from '../training/stages.js';

/** A row is written and a notice sent for each. */
const MILLISECONDS_BETWEEN = 1000;

export class StageTeller {
  private stage: TrainingStage | undefined;
  private rate = new SlidingRate();
  private toldAt = 0;

  /** @param tell keeps and tells it */
  constructor(private readonly tell: (progress: StageProgress) => Promise<void>) {}

  /**
   * @param total null where nobody knows before the end
   * @param left seconds, of whoever knows better than the rate
   */
  async at(stage: TrainingStage, done: number, total: number | null, left?: number): Promise<void> {
    const now = performance.now();
    const isNew = stage !== this.stage;
    if (isNew) {
      this.stage = stage;
      this.rate = new SlidingRate(done);
    } else {
      this.rate.add(done);
    }
    if (!isNew && done !== total && now - this.toldAt < MILLISECONDS_BETWEEN) return;
    this.toldAt = now;
    const secondsLeft = left ?? (total === null ? null : (this.rate.secondsFor(total - done) ?? null));
    await this.tell({ stage, done, total, secondsLeft });
  }
}
