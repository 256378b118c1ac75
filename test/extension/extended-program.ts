/**
 * The built program with something added to it, as the one who adds it would: a file, and a line of a table. Nothing
 * else differs.
 */
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

export interface Addition {
  /** A file beside this one, of which one thing is exported. */
  readonly file: string;
  /** What it exports. */
  readonly name: string;
  /** The file with the table, below the folder of the sources. */
  readonly table: string;
  /** The key of its line, where the table is an object. */
  readonly key?: string;
  /** The folder that the added file comes to lie in. Default: that of the table. */
  readonly folder?: string;
}

export interface ExtendedProgram {
  /** What to run with Node. */
  readonly main: string;
  /** The files that the program does not have, or has otherwise, below the folder of the sources. */
  readonly changes: readonly string[];
  remove(): Promise<void>;
}

/** As in tsconfig.json. */
const compilerOptions: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  useDefineForClassFields: false,
};

/** What Node needs of the program beside `dist`. */
const SHARED = ['node_modules', 'prisma', 'models', 'package.json'];

/** @throws Error where a table has another form */
export async function extendProgram(...additions: readonly Addition[]): Promise<ExtendedProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-extended-'));
  await cp(join(PROGRAM_FOLDER, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const shared of SHARED) await symlink(join(PROGRAM_FOLDER, shared), join(folder, shared));
  for (const addition of additions) await add(addition, join(folder, 'dist'));
  const changes = await changesOf(join(folder, 'dist'), join(PROGRAM_FOLDER, 'dist'));
  return { main: join(folder, 'dist', 'main.js'), changes, remove: () => rm(folder, { recursive: true }) };
}

async function changesOf(folder: string, original: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
  const compared = await Promise.all(
    paths.map(async (path) => {
      const before = await readFile(join(original, path)).catch(() => undefined);
      return before?.equals(await readFile(join(folder, path))) === true ? [] : [path.replace(/\.js$/, '.ts')];
    }),
  );
  return compared.flat().sort();
}

async function add({ file, name, table, key, folder = dirname(table) }: Addition, dist: string): Promise<void> {
  const tablePath = join(dist, table.replace(/\.ts$/, '.js'));
  const room = join(dist, folder);
  const source = (await readFile(new URL(file, import.meta.url), 'utf8')).replaceAll(
    /'(\.\.\/)+src\/([^']+)'/g,
    (_, _up, path: string) => `'${importPath(room, join(dist, path))}'`,
  );
  const compiled = ts.transpileModule(source, { compilerOptions });
  const added = basename(file, '.ts');
  await writeFile(join(room, `${added}.js`), compiled.outputText);
  const before = await readFile(tablePath, 'utf8');
  const line = key === undefined ? name : `'${key}': ${name}`;
  const after = before.replace(
    /^((?:export )?const \w+ = [[{](?:\s*(?:[\w'-]+: )?\w+,)*?\s*(?:[\w'-]+: )?\w+),?(\s*[\]}];)/m,
    `import { ${name} } from '${importPath(dirname(tablePath), join(room, `${added}.js`))}';\n$1, ${line}$2`,
  );
  if (after === before) throw new Error(`${table} has no table of names`);
  await writeFile(tablePath, after);
}

function importPath(from: string, to: string): string {
  const path = relative(from, to);
  return path.startsWith('.') ? path : `./${path}`;
}
