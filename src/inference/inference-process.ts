/** The process that sees and writes: VGG16 and the decoders, away from the thread that serves HTTP. */
import { Vgg16Encoder } from '../vision/encoder.js';
import { CaptionerCache } from './captioner-cache.js';
import { type EncodedPhoto, type Reply, type Request, toFailure } from './messages.js';

class Seer {
  private encoder: Vgg16Encoder | undefined;
  private readonly captioners = new CaptionerCache();

  async answer(request: Request): Promise<Reply> {
    if (request.call === 'open') {
      this.encoder = await Vgg16Encoder.load(request.encoder);
      if (request.checkpoint !== undefined) await this.captioners.get(request.checkpoint, this.encoder.id);
      return { value: this.encoder.id };
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
      case 'caption': {
        const captioner = await this.captioners.get(request.checkpoint, this.encoder.id);
        return { value: await captioner.caption(request.regions, request.options) };
      }
    }
  }
}

const seer = new Seer();

process.on('message', (request: Request) => {
  void seer
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
