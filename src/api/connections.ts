/** Lists as Relay's cursor connections (https://relay.dev/graphql/connections.htm), read forwards and backwards. */
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { badCursor } from '../search/cursors.js';
import { checkLimit } from '../search/requests.js';
import type { Count } from '../store/counts.js';
import { isRecordId, type Page, type PageRequest } from '../store/pages.js';
import { timesFirst, USUAL_PAGE } from './costs.js';

/** The argument `first` of a list that has no pages. */
export const FIRST = { defaultValue: USUAL_PAGE, description: 'The number of entries, from 1 to 100.' };

@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description:
      'The number of entries, from 1 to 100, from the beginning of the list or behind `after`. ' +
      `Default: ${USUAL_PAGE}, unless there is \`last\`.`,
  })
  declare readonly first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor after which the page begins: `endCursor` of the previous page.',
  })
  declare readonly after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of entries, from 1 to 100, from the end of the list or ahead of `before`, in the same order. ' +
      'Not together with `first`.',
  })
  declare readonly last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor before which the page ends: `startCursor` of the next page.',
  })
  declare readonly before?: string | null;
}

@ObjectType({ description: 'The place of a page in its list.' })
export class PageInfo {
  @Field(() => Boolean)
  readonly hasNextPage: boolean;

  @Field(() => Boolean)
  readonly hasPreviousPage: boolean;

  @Field(() => String, { nullable: true })
  readonly startCursor: string | undefined;

  @Field(() => String, { nullable: true })
  readonly endCursor: string | undefined;

  constructor(cursors: readonly string[], hasNext: boolean, hasPrevious: boolean) {
    this.hasNextPage = hasNext;
    this.hasPreviousPage = hasPrevious;
    this.startCursor = cursors[0];
    this.endCursor = cursors.at(-1);
  }
}

export interface PageContent<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  /** Counts the whole list; only called when it is asked for. */
  readonly count: () => Promise<Count>;
}

export interface ListConnection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: PageInfo;
  totalCount(): Promise<number>;
  totalCountIsEstimate(): Promise<boolean>;
}

/**
 * The types `${name}Connection` and `${name}Edge` of a list.
 *
 * @param isAbstract the connection is only there to be extended, by a class of that name
 */
export function connectionOf<Node extends object>(
  name: string,
  node: () => ClassType<Node>,
  { isAbstract = false } = {},
): new (content: PageContent<Node>) => ListConnection<Node> {
  @ObjectType(`${name}Edge`)
  class Edge {
    @Field(() => String, {
      description: 'Pass it as `after` to continue the list after this entry, as `before` to read what is ahead of it.',
    })
    readonly cursor: string;

    @Field(node)
    readonly node: Node;

    constructor(cursor: string, value: Node) {
      this.cursor = cursor;
      this.node = value;
    }
  }

  @ObjectType(`${name}Connection${isAbstract ? 'Base' : ''}`)
  class Connection {
    @Field(() => [Edge])
    readonly edges: readonly Edge[];

    @Field(() => PageInfo)
    readonly pageInfo: PageInfo;

    private readonly count: () => Promise<Count>;
    private counted: Promise<Count> | undefined;

    constructor({ edges, hasNext, hasPrevious, count }: PageContent<Node>) {
      this.edges = edges.map((edge) => new Edge(edge.cursor, edge.node));
      this.pageInfo = new PageInfo(
        edges.map(({ cursor }) => cursor),
        hasNext,
        hasPrevious,
      );
      this.count = count;
    }

    @Field(() => Int, { description: 'The number of entries in the whole list.' })
    async totalCount(): Promise<number> {
      return (await this.countOnce()).count;
    }

    @Field(() => Boolean, {
      description:
        'Whether `totalCount` is an estimate from the statistics of the database, because the list is very long.',
    })
    async totalCountIsEstimate(): Promise<boolean> {
      return (await this.countOnce()).isEstimate;
    }

    private countOnce(): Promise<Count> {
      this.counted ??= this.count();
      return this.counted;
    }
  }

  return Connection;
}

/** Options of a field that returns a connection: what is inside it is paid for once for every entry of the page. */
export const connectionOptions = { complexity: timesFirst };

/**
 * What part of a list is asked for, by cursors as they came.
 *
 * @throws BAD_USER_INPUT when `first` and `last` are both there, or one is out of range
 */
export function toPart({ first, after, last, before }: PageArguments): PageRequest<string> {
  if (first != null && last != null) {
    const message = 'Ask for a page either by first or by last: the beginning of the list or its end.';
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  const limit = first ?? last ?? USUAL_PAGE;
  checkLimit(limit);
  return { limit, after: after ?? undefined, before: before ?? undefined, backwards: last != null };
}

/** @throws BAD_USER_INPUT as `toPart`, and when a cursor is none of this list */
export function toPageRequest<Id extends string>(args: PageArguments): PageRequest<Id> {
  const { after, before, ...part } = toPart(args);
  return { ...part, after: parseCursor<Id>(after), before: parseCursor<Id>(before) };
}

/** Records of the store as the content of a connection. */
export function toContent<Record extends { readonly id: string }, Node>(
  { items, hasNext, hasPrevious }: Page<Record>,
  toNode: (record: Record) => Node,
  count: () => Promise<Count>,
): PageContent<Node> {
  return {
    edges: items.map((item) => ({ cursor: toCursor(item.id), node: toNode(item) })),
    hasNext,
    hasPrevious,
    count,
  };
}

function toCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function parseCursor<Id extends string>(cursor: string | undefined): Id | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!isRecordId(id)) throw badCursor();
  return id as Id;
}
