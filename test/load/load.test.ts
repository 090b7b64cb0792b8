import { expect, test } from 'vitest';
import { runCommand } from '../node/cli/run-command.ts';

test("a small load is reconciled with its Worker's ledger, and read once by a reader that is killed", async () => {
  const { code, stdout, stderr } = await runCommand('load', ['--events', '200', '--reader', '--json']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    emptyMs: { p50: expect.any(Number) },
    sent: { genuine: 200, duplicate: 20, forged: 10, stale: 10 },
    unexpected: {},
    ledger: { processedOnce: 200, quarantined: 10, missing: [], startedAgain: [], unlike: [], foreign: [] },
    reconciled: true,
    feed: { read: 200, missing: [], twice: [], misplaced: [] },
  });
  expect(JSON.parse(stdout).feed.kills).toBeGreaterThan(1);
  expect(code).toBe(0);
});

test('a load is never sent to another machine', async () => {
  const { code, stderr } = await runCommand('load', ['--url', 'https://worker.invalid']);
  expect(code).toBe(2);
  expect(stderr).toBe('error: a load goes to this machine only: --url must be a loopback address\n');
});

test('the help gives shares in percent, as they are asked for', async () => {
  const { stdout } = await runCommand('load', ['--help']);
  const defaults = [...stdout.matchAll(/--(\w+) <percent>[^-]+\(default: ([\d.]+)\)/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(defaults).toEqual([
    ['duplicates', '10'],
    ['forgeries', '5'],
    ['stale', '5'],
  ]);
});
