/** A job that runs without a trainer: the tests tell what it does, as a trainer on any machine would. */
import type { TrainingJobId } from '../../src/ids.js';
import { toJobSettings } from '../../src/trainings/settings.js';
import type { EpochSample } from '../../src/store/training-jobs.js';
import type { TestServer } from './test-server.js';

export class ToldTraining {
  private constructor(
    private readonly server: TestServer,
    readonly id: TrainingJobId,
    private readonly attempt: number,
  ) {}

  static async begin(server: TestServer): Promise<ToldTraining> {
    const { trainingJobs } = server.application.store;
    const settings = toJobSettings({ name: 'told by a test' });
    const { id } = await trainingJobs.create({ settings, seed: 1, engine: 'onnx' });
    const job = await trainingJobs.begin(id);
    if (!job) throw new Error('the job did not begin');
    return new ToldTraining(server, id, job.attempt);
  }

  async finishEpoch(epoch: number, samples: readonly EpochSample[] = []): Promise<void> {
    await this.server.application.store.trainingJobs.putEpoch(
      {
        jobId: this.id,
        epoch,
        loss: 5 - epoch,
        learningRate: 1e-3,
        seconds: 2,
        validationSeconds: 1,
        imagesPerSecond: 30,
        secondsLeft: 4,
        bleu: [0.6, 0.4, 0.3, 0.2],
        cider: 0.5,
        reward: null,
        retrieval: null,
        best: true,
        samples,
      },
      this.attempt,
    );
    await this.tell({ type: 'changed' });
  }

  async finish(): Promise<void> {
    await this.server.application.store.trainingJobs.end(this.id, { state: 'SUCCEEDED' });
    await this.tell({ type: 'changed' });
  }

  step(step: number): Promise<void> {
    return this.tell({
      type: 'step',
      step,
      epoch: 3,
      loss: 3,
      learningRate: 1e-3,
      imagesPerSecond: 30,
      secondsLeft: 2,
    });
  }

  tell(event: object): Promise<void> {
    return this.server.application.store.notify('ekphrasis_training', JSON.stringify({ jobId: this.id, event }));
  }
}
