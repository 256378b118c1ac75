/**
 * The process that sees, writes and embeds: the encoder, the decoders and the search models, away from the thread that
 * serves HTTP.
 */
import { Captioner } from '../captioner/captioner.js';
import { readCheckpoint } from '../captioner/checkpoint.js';
import { SearchModel } from '../joint-embedding/search-model.js';
import { describeEncoder, type Encoder } from '../vision/encoder.js';
import { renderHeif } from '../vision/heif.js';
import { openEncoder } from '../vision/open-encoder.js';
import { DEFAULT_PHOTO_LIMITS } from '../vision/photo.js';
import { startWatchdog } from '../watch/watchdog.js';
import { type EncodedPhoto, type Reply, type Request, toFailure } from './messages.js';
import { ModelCache } from './model-cache.js';

class InferenceWorker {
  private encoder: Encoder | undefined;
  private photoLimits = DEFAULT_PHOTO_LIMITS;
  private readonly captioners = new ModelCache((bytes) => Captioner.load(readCheckpoint(bytes)));
  private readonly searchModels = new ModelCache((bytes) => SearchModel.open(bytes));

  async answer(request: Request): Promise<Reply> {
    if (request.call === 'open') {
      this.encoder = await openEncoder(request.encoder);
      this.photoLimits = request.encoder.photoLimits ?? DEFAULT_PHOTO_LIMITS;
      if (request.checkpoint !== undefined) await this.captioners.get(request.checkpoint, this.encoder.id);
      return { value: describeEncoder(this.encoder) };
    }
    if (!this.encoder) throw new Error('the first call must be open');
    switch (request.call) {
      case 'encode': {
        const results = await this.encoder.encodeEach(request.photos);
        const value = results.map((result): EncodedPhoto =>
          result.status === 'fulfilled' ? { features: result.value } : { failure: toFailure(result.reason) },
        );
        return { value };
      }
      case 'render':
        return { value: await renderHeif(request.photo, this.photoLimits) };
      case 'caption': {
        const captioner = await this.captioners.get(request.checkpoint, this.encoder.id);
        const judge =
          request.judge === undefined ? undefined : await this.searchModels.get(request.judge, this.encoder.id);
        return {
          value: await captioner.caption(
            request.regions,
            request.options,
            judge && ((regions, texts) => judge.likeness(regions, texts)),
          ),
        };
      }
      case 'embedTexts': {
        // Photos may have been embedded with the encoder of another time: the text is the same.
        const model = await this.searchModels.get(request.checkpoint);
        return { value: await model.embedTexts(request.texts) };
      }
      case 'embedImages': {
        const model = await this.searchModels.get(request.checkpoint, this.encoder.id);
        return { value: await model.embedImages(request.regions) };
      }
    }
  }
}

await startWatchdog({ what: 'process that sees and writes', seconds: Number(process.argv[2]) });
const worker = new InferenceWorker();

process.on('message', (request: Request) => {
  void worker
    .answer(request)
    .catch((error: unknown): Reply => ({ failure: toFailure(error) }))
    // A server that was killed does not hear it, and that is no failure of this process.
    .then((reply) => process.send?.(reply, undefined, undefined, () => undefined));
});

// Ctrl+C on a terminal reaches this process too; the server ends it in its own order.
process.on('SIGINT', () => undefined);
// The server is gone: nobody is left to answer.
process.on('disconnect', () => {
  process.exit();
});
