/** The built program with something added to it, as the one who adds it would: a file, and a line of a table. Nothing else differs. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

export interface Addition {
  /** A file beside this one, of which one thing is exported. */
  readonly file: string;
  /** What it exports. */
  readonly name: string;
  /** The file with the table, below the folder of the sources; the added one comes to lie beside it. */
  readonly table: string;
}

export interface ExtendedProgram {
  /** What to run with Node. */
  readonly main: string;
  remove(): Promise<void>;
}

/** What Node needs of the program beside `dist`. */
const SHARED = ['node_modules', 'prisma', 'models', 'package.json'];

/** @throws Error where a table has another form */
export async function extendProgram(...additions: readonly Addition[]): Promise<ExtendedProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-extended-'));
  await cp(join(PROGRAM_FOLDER, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const shared of SHARED) await symlink(join(PROGRAM_FOLDER, shared), join(folder, shared));
  for (const addition of additions) await add(addition, join(folder, 'dist'));
  return { main: join(folder, 'dist', 'main.js'), remove: () => rm(folder, { recursive: true }) };
}

async function add({ file, name, table }: Addition, dist: string): Promise<void> {
  const tablePath = join(dist, table.replace(/\.ts$/, '.js'));
  const room = dirname(tablePath);
  const source = (await readFile(new URL(file, import.meta.url), 'utf8')).replaceAll(/'(\.\.\/)+src\/([^']+)'/g, (_, _up, path: string) => `'${importPath(room, join(dist, path))}'`);
  const compiled = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 } });
  const added = basename(file, '.ts');
  await writeFile(join(room, `${added}.js`), compiled.outputText);
  const before = await readFile(tablePath, 'utf8');
  const after = before.replace(/^(export const [A-Z_]+ = \[\n(?: {4}\w+,\n)+)/m, `import { ${name} } from './${added}.js';\n$1    ${name},\n`);
  if (after === before) throw new Error(`${table} has no table of one name a line`);
  await writeFile(tablePath, after);
}

function importPath(from: string, to: string): string {
  const path = relative(from, to);
  return path.startsWith('.') ? path : `./${path}`;
}
