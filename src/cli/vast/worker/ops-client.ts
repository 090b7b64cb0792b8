// The Worker's operator API, as far as set-up needs it.
import * as v from 'valibot';
import { fail, type Result, succeed } from '../../../result.ts';
import { ask, whyNoAnswer } from '../../../vast/ask.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TIMEOUT_MS = 15_000;

const eventSchema = v.object({
  id: v.string(),
  type: v.string(),
  status: v.string(),
  /** Milliseconds since the epoch. */
  receivedAt: v.number(),
  endpoint: v.optional(v.string()),
  attempts: v.optional(v.number()),
  lastError: v.nullish(v.string()),
  refusalReason: v.nullish(v.string()),
  /** Of a single event: when the watchdog looks after it. */
  dueAt: v.nullish(v.number()),
});
const pageSchema = v.object({ events: v.array(eventSchema) });

export type LedgerEvent = v.InferOutput<typeof eventSchema>;

export type OpsClient = ReturnType<typeof createOpsClient>;

/** Each call fails with why not, in words that follow "because" or stand alone. */
export function createOpsClient(surroundings: Pick<Surroundings, 'fetch'>, worker: string, token: string) {
  const authorization = `Basic ${Buffer.from(`vast:${token}`).toString('base64')}`;

  async function get<Schema extends v.GenericSchema>(
    path: string,
    query: Record<string, string>,
    schema: Schema,
  ): Promise<Result<v.InferOutput<Schema>, string>> {
    const url = `${worker}/ops/api/${path}?${new URLSearchParams(query)}`;
    const headers = { Authorization: authorization, Accept: 'application/json' };
    const answer = await ask(surroundings.fetch, url, { headers }, TIMEOUT_MS);
    if (!answer.ok) return fail(`the ops API cannot be read: ${whyNoAnswer(answer.failure)}`);
    // For one event, 404 may also mean that the ledger does not know it.
    const { status, json } = answer.value;
    if (status === 404) return fail('the Worker has no OPS_TOKEN (or a short one), so its ops API is closed');
    if (status === 401) return fail('the Worker does not accept this OPS_TOKEN');
    if (status !== 200) return fail(`the ops API answers ${status}`);
    const parsed = v.safeParse(schema, json);
    if (parsed.success) return succeed(parsed.output);
    return fail('the ops API answers in a shape that this version does not know');
  }

  return {
    event: (id: string, endpoint: string) => get('event', { id, endpoint }, eventSchema),
    /** Newest first. */
    recent: async (limit: number) => {
      const page = await get('events', { limit: String(limit) }, pageSchema);
      return page.ok ? succeed(page.value.events) : page;
    },
  };
}
