import { expect, test } from 'vitest';
import { busyMs } from './startup.ts';

test('start-up is what the profiler saw running, whatever the gaps between its looks', () => {
  const node = (id: number, functionName: string) => ({ id, callFrame: { functionName } });
  const nodes = [node(1, '(root)'), node(2, '(idle)'), node(3, 'migrate'), node(4, '(program)')];
  expect(busyMs({ nodes, samples: [2, 3, 3, 4, 2] })).toBe(3);
});
