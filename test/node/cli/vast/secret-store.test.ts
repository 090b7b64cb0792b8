// What is never handed to wrangler, which would store it without a word.
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../../../src/cli/vast/terminal/output.ts';
import type { Surroundings } from '../../../../src/cli/vast/terminal/surroundings.ts';
import { createSecretStore } from '../../../../src/cli/vast/worker/secret-store.ts';

/** A store whose command always succeeds, and what was said meanwhile. */
function store() {
  let said = '';
  const heard = {
    env: {},
    stderr: (text: string) => (said += text),
    runCommand: async () => ({ code: 0, stdout: '', stderr: '' }),
  } as unknown as Surroundings;
  return { secrets: createSecretStore('wrangler', heard, createOutput(heard, false)), said: () => said };
}

describe('storing a secret', () => {
  it.each(['', ' ', '\n'])('refuses %j', async (value) => {
    const { secrets } = store();
    await expect(secrets.put('OPS_TOKEN', value)).rejects.toThrow('OPS_TOKEN is empty');
  });

  it.each([' abcdef', 'abcdef\n'])('warns of white space at the ends of %j, without the value', async (value) => {
    const { secrets, said } = store();
    await secrets.put('OPS_TOKEN', value);
    expect(said()).toBe('Note: the value of OPS_TOKEN begins or ends with white space.\n');
  });

  it.each([
    [2, 'stored'],
    [3, '"wrangler" could not store OPS_TOKEN (exit 1): busy'],
  ])('tries twice more where wrangler fails, here %d times: %s', async (failures, end) => {
    let runs = 0;
    const runCommand = async () => ({ code: ++runs > failures ? 0 : 1, stdout: '', stderr: 'busy' });
    const busy = { env: {}, runCommand, sleep: async () => undefined } as unknown as Surroundings;
    const put = createSecretStore('wrangler', busy, createOutput(busy, false)).put('OPS_TOKEN', 'abc def');
    expect(await put.then(() => 'stored', String)).toContain(end);
    expect(runs).toBe(3);
  });

  it('says nothing of an ordinary value', async () => {
    const { secrets, said } = store();
    await secrets.put('OPS_TOKEN', 'abc def');
    expect(said()).toBe('');
  });
});
