/** The fields of the API for the settings of trainings, made of the table of settings. */
import { Field, Float, Int, registerEnumType } from 'type-graphql';
import { CELLS, type CellName } from '../../tensors/layers.js';
import { defaultInWords, onlyOf, type Setting, type SettingName, SETTINGS } from '../../training/setting-table.js';
import { enumName, enumOf } from '../enum-names.js';
import { Architecture } from '../models/model.js';

const Cell = enumOf<CellName>(CELLS);
registerEnumType(Cell, { name: 'RecurrentCell', description: 'The recurrent layer of a captioner.' });

const Engine = { ONNX: 'onnx', TENSORFLOW: 'tensorflow' } as const;
registerEnumType(Engine, { name: 'TrainingEngine', description: 'What computes a training.' });

const Device = { AUTO: 'auto', CPU: 'cpu', CUDA: 'cuda', WEBGPU: 'webgpu' } as const;
registerEnumType(Device, {
  name: 'TrainingDevice',
  valuesConfig: { AUTO: { description: 'CUDA if it works, else the CPU.' } },
});

const Members = { FIRST: 'first', ALL: 'all' } as const;
registerEnumType(Members, { name: 'LearningMembers', description: 'Which members of an ensemble learn.' });

const CHOICES = new Map<SettingName, object>([
  ['architecture', Architecture],
  ['cell', Cell],
  ['engine', Engine],
  ['device', Device],
  ['members', Members],
]);

/**
 * Adds a field for each setting to an input type: all may be left out.
 *
 * @param phase the input type of a phase
 */
export function addSettingInputs(type: object, phase: object): void {
  for (const setting of SETTINGS)
    Field(() => typeOf(setting, phase), { nullable: true, description: described(setting) })(type, setting.name);
}

/**
 * Adds a field for each setting to an object type. It can be null where a task has no such setting, or where it may be
 * left out; a list of phases is empty then.
 *
 * @param phase the object type of a phase
 */
export function addSettingOutputs(type: object, phase: object): void {
  for (const setting of SETTINGS) {
    const isAlways = setting.kind === 'phases' || isInEveryTask(setting);
    Field(() => typeOf(setting, phase), { nullable: !isAlways, description: readBack(setting) })(type, setting.name);
  }
}

function isInEveryTask({ defaults }: Setting): boolean {
  return defaults.size > 1 && [...defaults.values()].every((value) => value !== undefined);
}

function typeOf({ name, kind }: Setting, phase: object): object {
  switch (kind) {
    case 'whole':
      return Int;
    case 'number':
      return Float;
    case 'boolean':
      return Boolean;
    case 'text':
      return String;
    case 'phases':
      return [phase];
    case 'choice': {
      const choice = CHOICES.get(name);
      if (!choice) throw new RangeError(`the choices of ${name} have no enum in the API`);
      return choice;
    }
  }
}

function described(setting: Setting): string {
  const value = defaultInWords(setting, (given) =>
    setting.kind === 'choice' ? enumName(String(given)) : String(given),
  );
  return sentences(setting.about, onlyOf(setting), value === undefined ? undefined : `Default: ${value}.`);
}

function readBack(setting: Setting): string {
  return sentences(setting.about.replace(/ Default: .*$/, ''), onlyOf(setting));
}

const sentences = (...parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined).join(' ');
