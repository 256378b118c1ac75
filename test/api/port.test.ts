/** What src/api/services.ts claims: whatever the API has to wait for, it calls by way of `Services`. */
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SRC = resolve(ROOT, 'src') + sep;
const API = resolve(SRC, 'api') + sep;

const { config } = ts.readConfigFile(resolve(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
  config: object;
};
const { options } = ts.parseJsonConfigFileContent({ ...config, include: ['src/api'] }, ts.sys, ROOT);
const program = ts.createProgram(ts.sys.readDirectory(API, ['.ts']), options);
const checker = program.getTypeChecker();

interface Import {
  readonly name: string;
  readonly from: string;
  readonly type: ts.Type;
}

/** Values that the API imports of other rooms. */
const imports = program
  .getSourceFiles()
  .filter(({ fileName }) => resolve(fileName).startsWith(API))
  .flatMap(({ statements }) => statements.filter(ts.isImportDeclaration).flatMap(valuesOf));

function valuesOf({ importClause }: ts.ImportDeclaration): Import[] {
  const bindings = importClause?.namedBindings;
  if (importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || !bindings || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.flatMap((element) => {
    const symbol = checker.getAliasedSymbol(checker.getSymbolAtLocation(element.name) ?? raise(element.name.text));
    const from = resolve(symbol.declarations?.[0]?.getSourceFile().fileName ?? '');
    const isValue = !element.isTypeOnly && (symbol.flags & ts.SymbolFlags.Value) !== 0;
    if (!isValue || !from.startsWith(SRC) || from.startsWith(API)) return [];
    return [{ name: element.name.text, from: from.slice(SRC.length), type: checker.getTypeOfSymbol(symbol) }];
  });
}

function raise(name: string): never {
  throw new Error(`${name} has no symbol`);
}

const results = ({ type }: Import) => type.getCallSignatures().map((signature) => signature.getReturnType());
const waits = (type: ts.Type) =>
  ['then', 'next'].some((name) => type.getProperty(name)) || checker.typeToString(type).startsWith('Async');

test('the API imports functions of other rooms, and they give their answer at once', () => {
  const functions = imports.filter((one) => results(one).length > 0);
  expect(functions.map(({ name }) => name)).toContain('altTextOf');
  expect(functions.filter((one) => results(one).some(waits)).map(({ name, from }) => `${name} of ${from}`)).toEqual([]);
});

test('the API imports no class of another room but the error', () => {
  const classes = imports
    .filter(({ type }) => type.getConstructSignatures().length > 0)
    .map(({ name, from }) => `${name} of ${from}`);
  expect([...new Set(classes)]).toEqual(['EkphrasisError of errors.ts']);
});
