/** Libraries: folders whose photos stay where they are. */
import { basename } from 'node:path';
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { LibraryId, TrashId } from '../ids.js';
import type { StoreClient } from './client.js';
import { checkName, freeName, resolveRecord } from './named-records.js';
import { isRecordId } from './pages.js';
import { keepingIn } from './trash.js';

export interface LibraryRecord {
  readonly id: LibraryId;
  /** People may change it; two may have the same. */
  readonly name: string;
  /** Its real path, on every machine that reads its photos. */
  readonly root: string;
  /** Links that lead out of this folder are not followed; null: all are. */
  readonly within: string | null;
  /** Patterns of paths below the root that are left out. */
  readonly excluded: readonly string[];
  /** Whether changes of its files are taken up by themselves. */
  readonly watch: boolean;
  /** Watched by looking again and again, as network disks tell nothing. */
  readonly poll: boolean;
  readonly createdAt: Date;
  /** When a scan of it was last done; null before the first is. */
  readonly scannedAt: Date | null;
  /** The device that its root was on then. */
  readonly device: string | null;
  /** A JSON object: what came of the last scan. */
  readonly lastScan: unknown;
}

export type NewLibrary = Pick<LibraryRecord, 'root' | 'within' | 'excluded' | 'watch' | 'poll'> & {
  /** Default: that of its folder. */
  readonly name?: string | undefined;
};

/** What people may change. */
export type LibraryChanges = {
  readonly [Key in 'name' | 'excluded' | 'watch' | 'poll']?: LibraryRecord[Key] | undefined;
};

/** How much of the collection a library is. */
export interface LibraryFigures {
  readonly files: number;
  readonly images: number;
  /** Files that are not where they were. */
  readonly missing: number;
  /** Files that cannot be read. */
  readonly problems: number;
}

export class LibraryRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** All there are, oldest first. */
  async list(): Promise<LibraryRecord[]> {
    return (await this.prisma.library.findMany({ orderBy: { id: 'asc' } })).map(toRecord);
  }

  async find(id: LibraryId): Promise<LibraryRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.library.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  /** @param wish its id, or its name where no other has it @throws NOT_FOUND, BAD_USER_INPUT */
  resolve(wish: string): Promise<LibraryRecord> {
    return resolveRecord(wish, {
      noun: 'library',
      none: 'There is none yet: ekphrasis library add DIR.',
      find: (id) => this.find(id as LibraryId),
      list: () => this.list(),
      placeOf: ({ root }) => root,
    });
  }

  /** @throws CONFLICT where its folder is a library already; BAD_USER_INPUT for its name */
  async add({ name: wish, root, within, excluded, watch, poll }: NewLibrary): Promise<LibraryRecord> {
    const all = await this.list();
    const name =
      wish === undefined
        ? freeName(basename(root) || root, root, new Set(all.map((library) => library.name)))
        : checkName(wish, 'library');
    const data = { name, root, within, excluded: [...excluded], watch, poll };
    // Of two that come at once, the unique constraint lets one make it.
    const [row] = await this.prisma.library.createManyAndReturn({ data: [data], skipDuplicates: true });
    if (row) return toRecord(row);
    const known = all.find((library) => library.root === root);
    throw new EkphrasisError(ErrorCode.Conflict, `${root} is a library already: ${known?.name ?? name}.`);
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async update(id: LibraryId, { name, excluded, watch, poll }: LibraryChanges): Promise<LibraryRecord> {
    const data = {
      name: name === undefined ? undefined : checkName(name, 'library'),
      excluded: excluded && [...excluded],
      watch,
      poll,
    };
    const [row] = isRecordId(id) ? await this.prisma.library.updateManyAndReturn({ where: { id }, data }) : [];
    return toRecord(found(row, `library ${id}`));
  }

  /** Notes what came of a scan; with `device`, that it was done there. */
  async scanned(id: LibraryId, lastScan: object, device?: string): Promise<void> {
    const done = device === undefined ? {} : { device, scannedAt: new Date() };
    await this.prisma.library.updateMany({
      where: { id },
      data: { lastScan, ...done },
    });
  }

  /** Removes the record and what is known of its files. The photos themselves stay. */
  async delete(id: LibraryId, trash?: TrashId): Promise<boolean> {
    const [, { count }] = await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.library.deleteMany({ where: { id } }),
    ]);
    return count > 0;
  }

  async figures(ids: readonly LibraryId[]): Promise<Map<LibraryId, LibraryFigures>> {
    const rows = await this.prisma.$queryRaw<(LibraryFigures & { id: LibraryId })[]>`
      SELECT library."id"::text AS id, count(file."path")::int AS files, count(DISTINCT file."imageId")::int AS images,
        count(file."missingSince")::int AS missing, count(file."problem")::int AS problems
      FROM "Library" AS library LEFT JOIN "LibraryFile" AS file ON file."libraryId" = library."id"
      WHERE library."id" = ANY (${ids.filter(isRecordId)}::uuid[]) GROUP BY library."id"`;
    return new Map(rows.map(({ id, ...figures }) => [id, figures]));
  }
}

function toRecord(row: Prisma.LibraryGetPayload<object>): LibraryRecord {
  return { ...row, id: row.id as LibraryId };
}
