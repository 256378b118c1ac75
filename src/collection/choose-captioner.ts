/** Which model writes, by the language that is wanted. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { checkLanguage, fitsLanguage } from '../language/languages.js';
import { checkEncoder, fitsEncoder } from '../models/encoder-fit.js';
import type { ModelRecord } from '../store/models.js';
import type { CollectionContext } from './context.js';

type ModelContext = Pick<CollectionContext, 'inference'> & {
  readonly store: Pick<CollectionContext['store'], 'models'>;
};

/**
 * The model that captions, once it is certain that it fits what sees.
 *
 * @throws EkphrasisError NO_MODEL or ENCODER_MISMATCH
 */
export async function currentModel({ store, inference }: ModelContext): Promise<ModelRecord> {
  const model = await store.models.current();
  if (!model) {
    const message = 'There is no model to caption with. Import a data set and train one: ekphrasis train.';
    throw new EkphrasisError(ErrorCode.NoModel, message);
  }
  checkEncoder(model, inference.encoder.id);
  return model;
}

/**
 * The current model where it writes a language, else the newest that does.
 *
 * @param language a BCP 47 tag; `de` and `de-CH` stand for each other. Default: the current model's
 * @throws EkphrasisError BAD_USER_INPUT where no model writes it, with those that there are; NO_MODEL, ENCODER_MISMATCH
 */
export async function chooseCaptioner(language: string | undefined, context: ModelContext): Promise<ModelRecord> {
  const current = await currentModel(context);
  if (language === undefined) return current;
  const wanted = checkLanguage(language);
  const models = await usableCaptioners(current, context);
  const model =
    models.find((one) => one.language === wanted) ?? models.find((one) => fitsLanguage(one.language, wanted));
  if (model) return model;
  const message = `No model writes the language ${wanted}. There are: ${languagesOf(models).join(', ')}.`;
  throw new EkphrasisError(ErrorCode.BadInput, message);
}

/** The languages that models here write, the current model's first. @throws EkphrasisError NO_MODEL, ENCODER_MISMATCH */
export async function captionLanguages(context: ModelContext): Promise<string[]> {
  return languagesOf(await usableCaptioners(await currentModel(context), context));
}

/** Those that fit what sees: the current one, then the others, newest first. */
async function usableCaptioners(current: ModelRecord, { store, inference }: ModelContext): Promise<ModelRecord[]> {
  const others = (await store.models.ofTask('CAPTION')).filter(
    (model) => model.id !== current.id && fitsEncoder(model, inference.encoder.id),
  );
  return [current, ...others];
}

function languagesOf(models: readonly ModelRecord[]): string[] {
  return [...new Set(models.map(({ language }) => language))];
}
