// The first thing that every command loads.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../../src/cli/project-root.ts';

const path = join(projectRoot, 'src/cli/node-version.cjs');
const load = new Function('process', 'console', 'require', readFileSync(path, 'utf8'));

/** Loads it as a given Node would. */
function loadIn(features: { typescript?: string | false }) {
  const told: unknown[] = [];
  const exits: number[] = [];
  const process = { features, versions: { node: '20.20.2' }, exit: (code: number) => exits.push(code) };
  load(process, { error: (line: unknown) => told.push(line) }, createRequire(path));
  return { told, exits };
}

it.each([{}, { typescript: false }] as const)('names the version that is needed, in one line, where %j', (features) => {
  const line = 'error: Node 20.20.2 runs this; it takes 22.18 or newer (nodejs.org).';
  expect(loadIn(features)).toEqual({ told: [line], exits: [1] });
});

it('keeps quiet where Node runs TypeScript', () => {
  expect(loadIn({ typescript: 'strip' })).toEqual({ told: [], exits: [] });
});

it('comes before every command that a user calls', () => {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = Object.values(scripts).filter((script) => script.includes(' src/cli/'));
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((script) => !script.startsWith('node -r ./src/cli/node-version.cjs src/cli/'))).toEqual([]);
});
