/** Operations that fit the schema as far as types go, with arguments at and beyond their limits, and damaged ones. */
import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import type { Choice } from './choice.js';

const DEEPEST = 5;
const INTEGERS = [0, 1, 2, 3, 5, 20, 100, 101, -1, 1000, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 1e308];
const FLOATS = [0, 1, 0.5, -1, 1e-300, 1e308, 5e-4, 2];
const TEXTS = [
  'dog running',
  '',
  ' ',
  '\u0000',
  'a'.repeat(5000),
  '"',
  '\ud800',
  '‮Hund',
  '%',
  "'; drop table",
  '{}',
  '..',
];

/** What is sent as the body of a request. */
export interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

/** @param ids of things that are there, so that an operation may meet one */
export function drawOperation(schema: GraphQLSchema, choice: Choice, ids: readonly string[]): Operation {
  const draw = new Draw(choice, ids);
  const kind = choice.of([
    ...Array<OperationTypeNode>(11).fill(OperationTypeNode.QUERY),
    ...Array<OperationTypeNode>(8).fill(OperationTypeNode.MUTATION),
    OperationTypeNode.SUBSCRIPTION,
  ]);
  const root = schema.getRootType(kind);
  if (!root) throw new Error(`the schema has no ${kind}`);
  const selection = draw.selection(root, 0, kind === OperationTypeNode.QUERY ? 1 + choice.below(3) : 1);
  const variables = draw.declarations.length > 0 ? `(${draw.declarations.join(', ')})` : '';
  const whole = `${kind} Fuzz${variables} ${selection}`;
  return {
    query: choice.chance(0.1) ? damage(whole, choice) : whole,
    ...(choice.chance(0.95) ? { variables: draw.values } : {}),
    ...(choice.chance(0.1) ? { operationName: choice.of(['Fuzz', 'Other', '']) } : {}),
  };
}

class Draw {
  readonly declarations: string[] = [];
  readonly values: Record<string, unknown> = {};

  constructor(
    private readonly choice: Choice,
    private readonly ids: readonly string[],
  ) {}

  selection(type: GraphQLObjectType, depth: number, count = 1 + this.choice.below(4)): string {
    const fields = Object.values(type.getFields()).filter((field) => depth < DEEPEST || isLeaf(field.type));
    if (fields.length === 0) return '{ __typename }';
    const drawn = Array.from({ length: count }, (_, index) => {
      const { name, args, type: output } = this.choice.of(fields);
      const named = getNamedType(output);
      const below = isObjectType(named)
        ? ` ${this.selection(named, depth + 1)}`
        : isLeaf(output)
          ? ''
          : ' { __typename }';
      const directive = this.choice.chance(0.03)
        ? ` @${this.choice.of(['skip(if: false)', 'include(if: true)', 'skip', 'x'])}`
        : '';
      return `f${index}: ${name}${this.arguments(args)}${directive}${below}`;
    });
    return `{ ${drawn.join(' ')} }`;
  }

  private arguments(args: readonly GraphQLArgument[]): string {
    const given = args.filter(({ type }) => this.choice.chance(isNonNullType(type) ? 0.97 : 0.5));
    if (given.length === 0) return '';
    return `(${given.map(({ name, type }) => `${name}: ${this.variable(type)}`).join(', ')})`;
  }

  /** Everything is said by variables, so that any value can be. */
  private variable(type: GraphQLInputType): string {
    const name = `v${this.declarations.length}`;
    this.declarations.push(`$${name}: ${String(type)}`);
    this.values[name] = this.value(type);
    return `$${name}`;
  }

  private value(type: GraphQLInputType): unknown {
    if (this.choice.chance(0.04)) return this.choice.of<unknown>([null, 1.5, 'x', [], {}, true, [[null]]]);
    const nullable = getNullableType(type);
    if (isListType(nullable))
      return Array.from({ length: this.choice.of([0, 1, 2, 3, 200]) }, () => this.value(nullable.ofType));
    if (isEnumType(nullable)) return this.choice.of(nullable.getValues()).name;
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields()).filter((field) =>
        this.choice.chance(isNonNullType(field.type) ? 0.97 : 0.4),
      );
      return Object.fromEntries(fields.map((field) => [field.name, this.value(field.type)]));
    }
    switch (nullable.name) {
      case 'Int':
        return this.choice.of(INTEGERS);
      case 'Float':
        return this.choice.of(FLOATS);
      case 'Boolean':
        return this.choice.chance(0.5);
      case 'ID':
        return this.choice.chance(0.7) ? this.choice.of(this.ids) : this.choice.of(TEXTS);
      default:
        return this.choice.of(TEXTS);
    }
  }
}

function isLeaf(type: GraphQLOutputType): boolean {
  const named = getNamedType(type);
  return !isObjectType(named) && !isInterfaceType(named) && !('getTypes' in named);
}

/** A few characters lost, doubled or exchanged. */
function damage(text: string, choice: Choice): string {
  const place = choice.below(text.length);
  const end = place + 1 + choice.below(4);
  return choice.of([
    text.slice(0, place),
    text.slice(0, place) + text.slice(end),
    text.slice(0, end) + text.slice(place),
    text.slice(0, place) + choice.of(['{', '}', '"', '$', '\u0000', '...', '@', '#']) + text.slice(place),
  ]);
}
