// Comments wrap at 100 columns, code at 120.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const COMMENT_WIDTH = 100;
const CODE_WIDTH = 120;

const files = globSync(['{src,test}/**/*.{ts,tsx}', '.ci/*.ts', '*.ts'], { cwd: ROOT });

/** Lines that are too long, as `number: width`. One with a URL or a very long word cannot wrap. */
function tooLong(code: string): string[] {
  return code.split('\n').flatMap((line, index) => {
    const comment = /^\s*(?:\/\/|\/\*|\*)/.test(line);
    const width = [...line].length;
    if (width <= (comment ? COMMENT_WIDTH : CODE_WIDTH)) return [];
    if (/https?:\/\//.test(line) || /\S{80}/.test(line) || /biome-ignore|@ts-/.test(line)) return [];
    return [`${index + 1}: ${width}`];
  });
}

test('no comment is wider than 100 columns, no line of code wider than 120', () => {
  const found = files.flatMap((file) =>
    tooLong(readFileSync(join(ROOT, file), 'utf8')).map((line) => `${file}:${line}`),
  );
  expect(found).toEqual([]);
});

describe('too long', () => {
  const words = (width: number) => 'word '.repeat(width).slice(0, width - 1);
  test.each([
    ['a comment of 101 columns', `// ${words(98)}.`, ['1: 101']],
    ['a line of a docstring of 101 columns', `   * ${words(96)}.`, ['1: 101']],
    ['code of 121 columns', `x = ${words(117)};`, ['1: 121']],
  ])('is %s', (_what, line, found) => {
    expect(tooLong(line)).toEqual(found);
  });

  test.each([
    ['a comment of 100 columns', `// ${words(97)}.`],
    ['code of 120 columns', `x = ${words(116)};`],
    ['a comment with a URL', `// ${words(97)} https://example.com`],
  ])('is not %s', (_what, line) => {
    expect(tooLong(line)).toEqual([]);
  });
});
