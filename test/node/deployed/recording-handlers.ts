// Handlers whose success is noted by a service outside the Worker, so that it is known even where
// the Worker dies at once.
import { defineHandlers } from '../../../src/consumer/define-handlers.ts';
import { defineNotices } from '../../../src/consumer/define-notices.ts';
import type { Env } from '../../../src/env.ts';

type Vars = Env & { readonly RECORDER: string; readonly SLOW_NEIGHBOUR_MS: string };

const record = async (id: string, env: Env) => {
  await fetch(`${(env as Vars).RECORDER}${id}`, { method: 'POST' });
};

export const handlers = defineHandlers({
  'resource.created': async ({ id }, { env }) => {
    await scheduler.wait(Number((env as Vars).SLOW_NEIGHBOUR_MS));
    await record(id, env);
  },
  fallback: ({ id }, { env }) => record(id, env),
});

export const notices = defineNotices({ dead: () => {}, quarantined: () => {}, manyQuarantined: () => {} });
