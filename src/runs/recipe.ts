/**
 * The recipe of a training as JSON: the fields of the API's StartTrainingInput, so that a recipe can be sent as one.
 * Names of choices may stand as in the API or as on the command line.
 */
import { z } from 'zod';
import { enumName } from '../api/enum-names.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import { type Use, USES } from '../models/use.js';
import { SETTINGS } from '../training/setting-table.js';
import { TRAINING_KINDS } from '../trainings/corrections.js';
import type { TrainingRequest } from '../trainings/settings.js';

const text = z.string().nullish();
const headSchema = z.looseObject({
  task: z.string().nullish(),
  name: text,
  dataset: text,
  fromModelId: text,
  use: z.string().nullish(),
});

/** A recipe, or an exported run, which has one. */
const fileSchema = z.union([z.looseObject({ recipe: z.looseObject({}) }), z.looseObject({})]);

const CHOICES = new Map(
  SETTINGS.filter(({ kind }) => kind === 'choice').map(({ name, choices }) => [name as string, choices]),
);

/**
 * Reads a recipe. Whether its settings are known and in range is for `toJobSettings` to say.
 *
 * @param json of a file: a recipe alone, or an exported run
 * @throws EkphrasisError BAD_USER_INPUT that names what is wrong
 */
export function readRecipe(json: unknown): TrainingRequest {
  const file = fileSchema.safeParse(json);
  if (!file.success || Array.isArray(json)) throw bad('it is no JSON object of settings');
  const given = 'recipe' in file.data ? file.data['recipe'] : file.data;
  const parsed = headSchema.safeParse(given);
  if (!parsed.success)
    throw bad(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const { task, name, dataset, fromModelId, use, ...settings } = parsed.data;
  return {
    task: task == null ? undefined : oneOf('task', task, TRAINING_KINDS),
    name: name ?? undefined,
    dataset: dataset ?? undefined,
    fromModelId: (fromModelId ?? undefined) as ModelId | undefined,
    use: use == null ? undefined : oneOf<Use>('use', use, USES),
    settings: Object.fromEntries(
      Object.entries(settings).flatMap(([setting, value]) =>
        value === null ? [] : [[setting, plain(setting, value)]],
      ),
    ),
  };
}

function oneOf<Name extends string>(field: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value.toUpperCase());
  if (found === undefined) throw bad(`${field}: it is one of ${names.join(', ')}`);
  return found;
}

/** A choice by the name that trainings know; phases without what is null. */
function plain(setting: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => withoutNulls(entry));
  return CHOICES.get(setting)?.find((choice) => choice === value || enumName(choice) === value) ?? value;
}

function withoutNulls(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
}

function bad(fault: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.BadInput, `The recipe cannot be used: ${fault}.`);
}
