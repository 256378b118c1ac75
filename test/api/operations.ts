/** The operations of the schema, each as short as it can be written. */
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { type NeededScope, scopesOf } from '../../src/api/scopes.js';

export interface Operation {
  /** Such as `query images`. */
  readonly name: string;
  /** One of them is enough. */
  readonly scopes: readonly NeededScope[] | undefined;
  readonly document: string;
}

/** Every query, mutation and subscription. */
export function operationsOf(schema: GraphQLSchema): Operation[] {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  return Object.entries(roots).flatMap(([kind, type]) =>
    inOrder(
      Object.values(type?.getFields() ?? {}).map((field) => ({
        name: `${kind} ${field.name}`,
        scopes: scopesOf(field),
        document: documentOf(kind, field),
      })),
    ),
  );
}

/** Fields below the operations that need more than what they are asked of, such as `Image.candidates`. */
export function computedFieldsOf(schema: GraphQLSchema): Pick<Operation, 'name' | 'scopes'>[] {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  const fields = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !roots.has(type))
    .flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields()).map((field) => ({
            name: `${type.name}.${field.name}`,
            scopes: scopesOf(field),
          }))
        : [],
    )
    .filter(({ scopes }) => scopes !== undefined);
  return inOrder(fields);
}

function inOrder<Named extends { readonly name: string }>(named: readonly Named[]): Named[] {
  return [...named].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function documentOf(kind: string, field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter(isRequiredArgument);
  const given = required.map(({ name, type }) => `${name}: ${valueOf(type)}`).join(', ');
  const upload = given.includes('$upload') ? '($upload: Upload!)' : '';
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return `${kind} ${upload} { ${field.name}${given === '' ? '' : `(${given})`}${selection} }`;
}

function valueOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return valueOf(type.ofType);
  if (isListType(type)) return `[${valueOf(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isRequiredInputField);
    return `{ ${fields.map(({ name, type: inner }) => `${name}: ${valueOf(inner)}`).join(', ')} }`;
  }
  const values: Readonly<Record<string, string>> = { Upload: '$upload', Int: '1', Float: '1', Boolean: 'true' };
  return values[type.name] ?? '"01900000-0000-7000-8000-000000000000"';
}
