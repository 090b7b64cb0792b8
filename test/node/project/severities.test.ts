// The table of types by severity in the destinations' README is the map that decides.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { securityCriticalTypes, severities } from '../../../src/event/catalogue.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../src/destinations/README.md'), 'utf8');

test('the README shows each type with its severity, but those that go to nobody else', () => {
  const rows = [...readme.matchAll(/^\| `(good|info|warning|critical)` +\| (.*) \|$/gm)];
  const shown = rows.flatMap(([, severity, types = '']) =>
    [...types.matchAll(/`([^`]+)`/g)].map(([, type = '']) => [type, severity] as const),
  );
  const open = Object.entries(severities).filter(([type]) => !securityCriticalTypes.has(type));
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(open));
  expect(shown).toHaveLength(open.length);
});

test('the README names every destination that can be chosen', () => {
  const names = /^`only` names destinations: (.*)\. `from`/m.exec(readme)?.[1];
  const code = readFileSync(join(import.meta.dirname, '../../../src/destinations/notify-all.ts'), 'utf8');
  const chosen = [...code.matchAll(/^ {2}'?([\w-]+)'?: \{ secret: /gm)].map(([, name]) => `\`${name}\``);
  expect(chosen).toHaveLength(7);
  expect(names).toBe(chosen.join(', '));
});
