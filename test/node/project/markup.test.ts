// The operator's pages are templates: `html` escapes what is put in, but only quotation marks keep
// it inside an attribute.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const OPS = join(import.meta.dirname, '../../../src/ops');
const templates = globSync('*.ts', { cwd: OPS }).filter((file) => codeOf(file).includes('html`'));

function codeOf(file: string): string {
  return readFileSync(join(OPS, file), 'utf8');
}

test('some files of the operator’s page hold markup', () => {
  expect(templates).toContain('layout.ts');
});

test.each(templates)('%s puts every value of an attribute in quotation marks, and nothing in unescaped', (file) => {
  expect(codeOf(file)).not.toMatch(/<[^<>]*=\$\{|\braw\b|dangerous/);
});
