// The Worker's operator API, as far as commands need it.
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

const { id, type } = eventSchema.entries;
const envelopeSchema = v.looseObject({ id, type, endpoint: v.string(), created: v.string(), data: v.looseObject({}) });
const placeSchema = v.object({ seq: v.number(), status: v.string(), event: envelopeSchema });
const feedSchema = v.object({ events: v.array(placeSchema), next: v.number() });

export type FeedEvent = v.InferOutput<typeof placeSchema>;

/** `passing`: the same call may succeed later. */
type Failure = { readonly why: string; readonly passing: boolean };

type Network = Pick<Surroundings, 'fetch'>;
export type OpsClient = ReturnType<typeof createOpsClient>;

/** Each call fails with why not, in words that follow "because" or stand alone. */
export function createOpsClient({ fetch }: Network, worker: string, token: string, name = 'OPS_TOKEN') {
  const authorization = `Basic ${Buffer.from(`vast:${token}`).toString('base64')}`;

  async function call<Schema extends v.GenericSchema>(
    path: string,
    query: Record<string, string>,
    schema: Schema,
    { waitMs = 0, as = 'json' }: { waitMs?: number; as?: 'json' | 'exact' } = {},
  ): Promise<Result<v.InferOutput<Schema>, Failure>> {
    const url = `${worker}/ops/api/${path}?${new URLSearchParams(query)}`;
    const headers = { Authorization: authorization, Accept: 'application/json' };
    const answer = await ask(fetch, url, { headers }, waitMs + TIMEOUT_MS);
    const not = (why: string, passing = false) => fail({ why, passing });
    if (!answer.ok) return not(`the ops API cannot be read: ${whyNoAnswer(answer.failure)}`, true);
    // For one event, 404 may also mean that the ledger does not know it.
    const { status, json } = answer.value;
    if (status === 404) return not(`the Worker has no ${name} (or a short one), so its ops API is closed`);
    if (status === 401) return not(`the Worker does not accept this ${name}`);
    if (status === 400) return not(`the ops API refuses this: ${json?.issues}`);
    if (status !== 200) return not(`the ops API answers ${status}`, status >= 500 || [408, 425, 429].includes(status));
    const parsed = v.safeParse(schema, answer.value[as]);
    if (parsed.success) return succeed(parsed.output);
    return not('the ops API answers in a shape that this version does not know', json === undefined);
  }

  return {
    event: (id: string, endpoint: string) => call('event', { id, endpoint }, eventSchema),
    /** What comes after a place, waiting up to `wait` seconds for it; texts are as they came. */
    feed: (after: number, wait: number) =>
      call('feed', { after: String(after), wait: String(wait) }, feedSchema, { waitMs: wait * 1_000, as: 'exact' }),
    /** Newest first. */
    recent: async (limit: number) => {
      const page = await call('events', { limit: String(limit) }, pageSchema);
      return page.ok ? succeed(page.value.events) : page;
    },
  };
}
