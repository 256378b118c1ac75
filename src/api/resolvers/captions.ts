import type { FileUpload } from 'graphql-upload/GraphQLUpload.mjs';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { ApiContext } from '../context.js';
import { CaptionedImage } from '../types/caption.js';
import { readUpload, Upload } from '../uploads.js';

/** Decoding, seeing and writing: dearer than anything that is read. */
const CAPTION_COST = 1000;

@Resolver()
export class CaptionResolver {
  @Mutation(() => CaptionedImage, {
    complexity: CAPTION_COST,
    description:
      'Stores a photo (JPEG, PNG, WebP, GIF, TIFF or AVIF) and writes a caption for it with the current model. A photo that is ' +
      'there already is recognised by its bytes. Errors: BAD_USER_INPUT for a file without a usable name, INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, ' +
      'WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED.',
  })
  captionImage(
    @Arg('upload', () => Upload, { description: 'A file of a multipart request.' }) upload: Promise<FileUpload>,
    @Ctx() { services, uploads }: ApiContext,
  ): Promise<CaptionedImage> {
    return uploads(async () => {
      const photo = await readUpload(upload, services.config.limits.maximumBytes);
      return new CaptionedImage(await services.captionPhoto(photo));
    });
  }
}
