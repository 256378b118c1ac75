/** The shapes that every operation has, whoever adds it. */
import { readFile } from 'node:fs/promises';
import 'reflect-metadata';
import { isEnumType, isInputObjectType, isNonNullType, isObjectType, isUnionType } from 'graphql';
import { expect, test } from 'vitest';
import { createSchema, printApiSchema } from '../../src/api/schema.js';
import { ErrorCode } from '../../src/errors.js';

const schema = await createSchema();
const fieldsOf = (type: 'Query' | 'Mutation') =>
  Object.values((type === 'Query' ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {});

test('schema.graphql is what the code makes of it: after a change run npm run schema', async () => {
  expect(await readFile('schema.graphql', 'utf8')).toBe(await printApiSchema());
});

test('a mutation is told everything by one input of its own name', () => {
  const others = fieldsOf('Mutation').filter(({ name }) => name !== 'captionImage');
  expect(others.length).toBeGreaterThan(25);
  const shapes = others.map(({ name, args: [input, ...rest] }) => {
    const type = input?.type;
    const inputObject = isNonNullType(type) && isInputObjectType(type.ofType) ? type.ofType.name : undefined;
    return [name, input?.name, inputObject, rest.length];
  });
  expect(shapes).toEqual(
    others.map(({ name }) => [name, 'input', `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`, 0]),
  );
});

test('the operations of the mission keep their shape', () => {
  const required = (type: 'Query' | 'Mutation', operation: string) =>
    fieldsOf(type)
      .find(({ name }) => name === operation)
      ?.args.flatMap(({ name, type: given, defaultValue }) =>
        isNonNullType(given) && defaultValue === undefined ? [`${name}: ${String(given)}`] : [],
      );
  expect(required('Mutation', 'captionImage')).toEqual(['upload: Upload!']);
  expect(required('Query', 'searchImages')).toEqual(['text: String!']);
  expect(required('Query', 'bleuReport')).toEqual([]);
});

test('what chooses photos is one filter', () => {
  const filtered = fieldsOf('Query').filter(({ args }) => args.some(({ name }) => name === 'filter'));
  expect(filtered.map(({ name, args }) => [name, String(args.find((arg) => arg.name === 'filter')?.type)])).toEqual(
    expect.arrayContaining([
      ['images', 'ImageFilter'],
      ['searchImages', 'ImageFilter'],
      ['similarImages', 'ImageFilter'],
      ['recommendations', 'ImageFilter'],
      ['jobs', 'JobFilter'],
      ['trainingJobs', 'TrainingJobFilter'],
      ['models', 'ModelFilter'],
    ]),
  );
});

test('every list in pages is read from both ends', () => {
  const connections = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) => Object.values(type.getFields()))
    .filter(({ type }) => String(type).endsWith('Connection!'));
  expect(connections.length).toBeGreaterThan(6);
  for (const { name, args } of connections)
    expect(
      args.map((arg) => [arg.name, String(arg.type)]),
      name,
    ).toEqual(
      expect.arrayContaining([
        ['first', 'Int'],
        ['after', 'String'],
        ['last', 'Int'],
        ['before', 'String'],
      ]),
    );
});

test('members of a union have fields of one name of one type only: clients ask for all of them at once', () => {
  const shapes = Object.values(schema.getTypeMap())
    .filter((type) => isUnionType(type))
    .flatMap((union) =>
      union
        .getTypes()
        .flatMap((member) =>
          Object.values(member.getFields()).map(
            (field) => [`${union.name}: ${field.name}`, String(field.type)] as const,
          ),
        ),
    );
  const first = new Map([...shapes].reverse());
  expect(shapes.filter(([name, type]) => first.get(name) !== type)).toEqual([]);
});

test('what has an id of its own is a node', () => {
  const others = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && 'id' in type.getFields())
    .filter((type) => isObjectType(type) && type.getInterfaces().every(({ name }) => name !== 'Node'))
    .map(({ name }) => name);
  // What an operation answers with names the record that it was about; an event is read with its photo's history; a
  // worker is a process.
  expect(others.sort()).toEqual([
    'AltTextEvent',
    'CaptionedImage',
    'DeletedDataset',
    'DeletedModel',
    'RemovedLibrary',
    'Worker',
  ]);
});

test('the enum of codes has every code, each with what it means', () => {
  const type = schema.getType('ErrorCode');
  const values = isEnumType(type) ? type.getValues() : [];
  expect(values.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.values(ErrorCode)));
  for (const { name, value, description } of values) {
    expect(value).toBe(name);
    expect(description, name).toMatch(/^[A-Z].{15,}\.$/s);
  }
});
