import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** The files below folders, without those that are generated. */
async function filesBelow(...folders: string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => (await readdir(folder, { recursive: true })).map((name) => join(folder, name))),
  );
  return found.flat().filter((path) => !/\bgenerated\b/.test(path));
}

interface Link {
  readonly from: string;
  readonly to: string;
}

/** The relative links of a document: `[text](target)`, `![text](target)` and `[name]: target`, none of them in code. */
async function linksOf(document: string): Promise<Link[]> {
  const text = (await readFile(document, 'utf8')).replaceAll(/```.*?```|`[^`\n]*`/gs, '');
  const targets = text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)/gm);
  return [...targets]
    .map(([, inline, reference]) => inline ?? reference ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((to) => ({ from: document, to }));
}

/** The anchors of a document's headings, as GitHub makes them. */
async function anchorsOf(document: string): Promise<string[]> {
  const text = (await readFile(document, 'utf8')).replaceAll(/```.*?```/gs, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

async function isDead({ from, to }: Link): Promise<boolean> {
  const [path = '', anchor] = to.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(file)) return true;
  return anchor !== undefined && !(await anchorsOf(file)).includes(anchor);
}

const documents = [...(await readdir('.')), ...(await filesBelow('docs', 'models', 'bench'))]
  .filter((path) => path.endsWith('.md'))
  .sort();

test.each(documents)('every relative link of %s leads to a file and a heading that exist', async (document) => {
  const links = await linksOf(document);
  const dead = await Promise.all(links.map(async (link) => ((await isDead(link)) ? [link.to] : [])));
  expect(dead.flat()).toEqual([]);
});

test('every document of docs is reached from the README', async () => {
  const reached = new Set(['README.md']);
  for (const document of reached) {
    const links = document.endsWith('.md') ? await linksOf(document) : [];
    for (const { to } of links) reached.add(join(dirname(document), to.replace(/#.*/, '')));
  }
  expect(documents.filter((document) => document.startsWith('docs/') && !reached.has(document))).toEqual([]);
});

test('sources name no document of docs that is not there', async () => {
  const sources = ['schema.graphql', ...(await filesBelow('src', 'web/src', 'test', 'bench', 'models'))].filter(
    (path) => /\.(?:tsx?|md|graphql)$/.test(path),
  );
  const named = await Promise.all(
    sources.map(async (source) => {
      const paths = (await readFile(source, 'utf8')).matchAll(/\bdocs\/[\w./-]+\.md\b/g);
      return [...paths].map(([path]) => ({ source, path }));
    }),
  );
  expect(named.flat().length).toBeGreaterThan(0);
  expect(named.flat().filter(({ path }) => !existsSync(path))).toEqual([]);
});
