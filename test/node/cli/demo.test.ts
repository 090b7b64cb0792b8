import { expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

it('plays the whole story against a real local Worker, as promised', async () => {
  const { code, stdout, stderr } = await runCommand('demo', [], { NO_COLOR: '1' });
  expect(stderr).toBe('');
  expect(stdout).not.toContain('\u001b');
  expect(stdout).toContain('All 8 went as promised.');
  expect(stdout).not.toContain('DIFFERS');
  expect(code).toBe(0);
});
