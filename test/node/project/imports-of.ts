// What a TypeScript file imports, read from its syntax tree: type-only imports, re-exports, dynamic
// imports and import types count too.
import { readFileSync } from 'node:fs';
import { parseAst } from 'vitest/node';

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const SOURCES: Record<string, string> = {
  ImportDeclaration: 'source',
  ExportNamedDeclaration: 'source',
  ExportAllDeclaration: 'source',
  ImportExpression: 'source',
  TSImportType: 'source',
  TSExternalModuleReference: 'expression',
};

/** Every module specifier that the file names, in order. */
export function importsOf(path: string): string[] {
  return importsIn(readFileSync(path, 'utf8'), path.endsWith('.tsx') ? 'tsx' : 'ts');
}

/** @throws Error where a specifier is computed: what cannot be read cannot be checked. */
export function importsIn(code: string, lang: 'ts' | 'tsx' = 'ts'): string[] {
  const found: string[] = [];
  const open: unknown[] = [parseAst(code, { lang })];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const node = value as Node;
    const source = SOURCES[node.type];
    if (source && node[source]) found.push(specifierOf(node[source] as Node));
    open.push(...Object.values(node).reverse());
  }
  return found;
}

function specifierOf(node: Node): string {
  const literal = node.type === 'TSLiteralType' ? (node.literal as Node) : node;
  if (typeof literal.value !== 'string') throw new Error(`an import that is not a plain text: ${literal.type}`);
  return literal.value;
}
