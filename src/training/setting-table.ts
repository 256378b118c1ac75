/**
 * The table of all settings of trainings, read from the schemas of the tasks. Flags of the command line, fields of the
 * API, recipes and what is read back of a job are made from it: a new setting of a schema is in all of them.
 */
import { z } from 'zod';
import { searchSettingsSchema } from './joint-embedding/settings.js';
import { captionerSettings, trainingSettingsSchema } from './settings.js';

/** What a model can be trained for, with its settings. */
const TASKS = {
  CAPTION: { fields: captionerSettings, defaults: trainingSettingsSchema.parse({}) },
  SEARCH: { fields: searchSettingsSchema, defaults: searchSettingsSchema.parse({}) },
} as const;
export type SettingsTask = keyof typeof TASKS;

export type SettingName = keyof (typeof TASKS)['CAPTION']['defaults'] | keyof (typeof TASKS)['SEARCH']['defaults'];

export interface Setting {
  readonly name: SettingName;
  /** Sentences that say what it is. They end with its default where the schema has none. */
  readonly about: string;
  readonly kind: 'whole' | 'number' | 'boolean' | 'text' | 'choice' | 'phases';
  /** Of a choice. */
  readonly choices: readonly string[];
  /** Of numbers, the widest of the tasks; infinite where there is no limit. */
  readonly minimum: number;
  readonly maximum: number;
  /** The tasks that have it, each with its default; undefined where it may be left out. */
  readonly defaults: ReadonlyMap<SettingsTask, unknown>;
}

/** As JSON Schema says it. */
const fieldSchema = z.object({
  type: z.enum(['integer', 'number', 'boolean', 'string', 'array']),
  description: z.string(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
});
type SettingField = z.infer<typeof fieldSchema>;
const fieldsSchema = z.object({ properties: z.record(z.string(), fieldSchema) });

const FIELDS = new Map(
  Object.entries(TASKS).map(([task, { fields, defaults }]) => {
    // A language is transformed on its way, which JSON Schema has no words for.
    const { properties } = fieldsSchema.parse(z.toJSONSchema(fields, { io: 'input', unrepresentable: 'any' }));
    return [task as SettingsTask, { properties, defaults: new Map<string, unknown>(Object.entries(defaults)) }];
  }),
);

/** In the order of the schemas. */
export const SETTINGS: readonly Setting[] = [
  ...new Set([...FIELDS.values()].flatMap((task) => Object.keys(task.properties))),
].map((name) => settingOf(name as SettingName));

/** Whether a task has a setting of this name. */
export function isSettingOf(task: SettingsTask, name: string): boolean {
  return FIELDS.get(task)?.properties[name] !== undefined;
}

/**
 * The default of a setting in words, such as `32; of a search model 256`.
 *
 * @param write how a value is written
 * @returns nothing where `about` has said it
 */
export function defaultInWords({ defaults }: Setting, write: (value: unknown) => string = String): string | undefined {
  const [caption, search] = [defaults.get('CAPTION'), defaults.get('SEARCH')];
  if (caption === undefined || search === undefined || caption === search) {
    const value = caption ?? search;
    return value === undefined ? undefined : write(value);
  }
  return `${write(caption)}; of a search model ${write(search)}`;
}

/** Which models have a setting, where not all do: a sentence. */
export function onlyOf({ defaults }: Setting): string | undefined {
  if (defaults.size > 1) return undefined;
  return defaults.has('CAPTION') ? 'Only of captioners.' : 'Only of search models.';
}

function settingOf(name: SettingName): Setting {
  const tasks = [...FIELDS].filter(([, { properties }]) => properties[name] !== undefined);
  const fields = tasks.flatMap(([, { properties }]) => properties[name] ?? []);
  const [field] = fields;
  if (!field) throw new RangeError(`no task has the setting ${name}`);
  return {
    name,
    about: field.description,
    kind: kindOf(field),
    choices: field.enum ?? [],
    minimum: Math.min(...fields.map(({ minimum, exclusiveMinimum }) => minimum ?? exclusiveMinimum ?? -Infinity)),
    maximum: Math.max(...fields.map(({ maximum }) => maximum ?? Infinity)),
    defaults: new Map(tasks.map(([task, { defaults }]) => [task, defaults.get(name)])),
  };
}

function kindOf({ type, enum: choices }: SettingField): Setting['kind'] {
  switch (type) {
    case 'integer':
      return 'whole';
    case 'string':
      return choices ? 'choice' : 'text';
    case 'array':
      return 'phases';
    default:
      return type;
  }
}
