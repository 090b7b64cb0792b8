// The ops API as the commands ask it.
import { expect, it } from 'vitest';
import { createOpsClient } from '../../../../src/cli/vast/worker/ops-client.ts';

it('asks for one event by query, whatever its id', async () => {
  const asked: string[] = [];
  const answer = { id: 'a/b c', type: 'outbid', status: 'dead', receivedAt: 1 };
  const fetchOnce = async (url: unknown) => {
    asked.push(String(url));
    return Response.json(answer);
  };
  const ops = createOpsClient({ fetch: fetchOnce }, 'https://w.example', 'token');
  expect(await ops.event('a/b c', 'host')).toEqual({ ok: true, value: answer });
  expect(asked).toEqual(['https://w.example/ops/api/event?id=a%2Fb+c&endpoint=host']);
});
