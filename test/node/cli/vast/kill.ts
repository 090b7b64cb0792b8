// A run that is stopped dead, as SIGKILL would: it never hears of it and does nothing more.
import type { Ended, Scene } from './scene.ts';
import { never } from './serve.ts';

/**
 * Stops a run at its n-th step, before or after that has taken effect. A step is a contact with the
 * outside; the same one repeated is one step. Undefined if the run was killed, else how it ended.
 */
export async function killedAt(
  scene: Scene,
  args: readonly string[],
  step: number,
  when: 'before' | 'after',
): Promise<Ended | undefined> {
  let steps = 0;
  let last = '';
  const { promise: killed, resolve: kill } = Promise.withResolvers<undefined>();
  const point = async (what: string, now: 'before' | 'after') => {
    if (what !== last) steps += 1;
    last = what;
    if (steps !== step || now !== when) return;
    kill(undefined);
    await never;
  };
  scene.worker.onCommand = ({ verb, name }, now) => point(`${verb} ${name}`, now);
  const run = scene.vast(args, {
    fetch: async (input, init) => {
      await point(String(input), 'before');
      const response = await scene.network.fetch(input, init);
      await point(String(input), 'after');
      return response;
    },
  });
  const end = await Promise.race([run, killed]);
  scene.worker.onCommand = () => undefined;
  return end;
}
