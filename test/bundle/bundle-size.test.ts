import { expect, test } from 'vitest';
import { BUNDLE_BUDGET_BYTES, handlersIn, overBudget } from './bundle-size.ts';

const bytes = (bytesInOutput: number) => ({ bytesInOutput });

test('what the user’s handlers and their packages take is theirs', () => {
  const inputs = {
    'src/index.ts': bytes(1),
    'src/handlers/index.ts': bytes(10),
    'src/handlers/team/pager.ts': bytes(100),
    'node_modules/hono/dist/hono.js': bytes(1_000),
    'node_modules/valibot/dist/index.mjs': bytes(10_000),
    'node_modules/their-sdk/index.js': bytes(100_000),
    'node_modules/@their/sdk/node_modules/hono-like/index.js': bytes(1_000_000),
  };
  expect(handlersIn({ outputs: { 'index.js': { inputs } } })).toBe(1_100_110);
});

test('handlers of any size keep a bundle within its budget, and anything else does not', () => {
  const full = { raw: 150_000, gzipped: BUNDLE_BUDGET_BYTES, handlers: 0 };
  expect(overBudget(full)).toBe(0);
  expect(overBudget({ ...full, gzipped: full.gzipped + 1 })).toBe(1);
  // Compressed, nothing grows.
  expect(overBudget({ raw: full.raw + 20_000, gzipped: full.gzipped + 15_000, handlers: 20_000 })).toBeLessThan(0);
});
