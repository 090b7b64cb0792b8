// The calls of Vast.ai's API that concern webhooks and keys, typed. Answers are checked: one that
// lacks what we need is a failure, fields that we do not need may come and go.
import * as v from 'valibot';
import { succeed } from '../result.ts';
import { type ApiCall, check, KEY_SHAPE } from './api-client.ts';
import { hasStatus } from './api-failure.ts';
import { REMOVED } from './harmless.ts';

const webhookSchema = v.object({
  id: v.pipe(v.number(), v.integer()),
  /** Whose preferences decide what is sent. */
  user_id: v.optional(v.number()),
  name: v.nullish(v.string()),
  webhook_url: v.string(),
  event_types: v.array(v.string()),
});
/** One that was made harmless would sign nothing that Vast.ai signs, nor keeps white space. */
const secretSchema = v.pipe(v.string(), v.regex(/^\S+$/), v.excludes(REMOVED));
const webhookWithSecretSchema = v.object({ ...webhookSchema.entries, webhook_secret: secretSchema });
const typeSchema = v.object({ key: v.string(), display_name: v.nullish(v.string()) });
const scopesSchema = v.record(v.string(), v.unknown());
const newKeySchema = v.object({
  id: v.pipe(v.number(), v.integer()),
  key: v.pipe(v.string(), v.regex(KEY_SHAPE)),
  /** Scopes; false where there are no restrictions. Not every answer tells them. */
  permissions: v.fallback(v.union([v.literal(false), v.object({ api: scopesSchema })]), { api: {} }),
});
/** Values are never listed. */
const keySchema = v.object({ id: v.number(), user_id: v.number(), name: v.nullish(v.string()) });
/** Not every answer tells the event's id. */
const testSchema = v.pipe(
  v.object({ event_id: v.fallback(v.nullish(v.string()), undefined) }),
  v.transform(({ event_id: id }) => ({ eventId: id ?? undefined })),
);

/** By context, then by slug. */
const preferencesSchema = v.record(v.string(), v.record(v.string(), v.object({ webhooks: v.optional(v.boolean()) })));

export type Webhook = v.InferOutput<typeof webhookSchema>;
export type NewKey = v.InferOutput<typeof newKeySchema>;
export type LiveType = v.InferOutput<typeof typeSchema>;

export type WebhookFields = Pick<Webhook, 'webhook_url' | 'event_types' | 'name'>;

export type VastApi = ReturnType<typeof createVastApi>;

/** Vast.ai's limit per user. */
export const MAX_WEBHOOKS = 4;

const WEBHOOKS = '/api/v0/webhooks/';
const KEYS = '/api/v0/auth/apikeys/';

export function createVastApi(call: ApiCall) {
  const at = (id: number, action = '') => `${WEBHOOKS}${id}/${action}`;

  const pick = async <Schema extends v.GenericSchema>(schema: Schema, request: Parameters<ApiCall>, field?: string) =>
    check(schema, await call(...request), field);
  return {
    types: () => pick(v.array(typeSchema), ['GET', '/api/v0/notification-types/'], 'notification_types'),
    list: () => pick(v.array(webhookSchema), ['GET', WEBHOOKS], 'webhooks'),
    /** Which channels are on for which types. Needs the scope `user_read`. */
    preferences: (user: number) =>
      pick(preferencesSchema, ['GET', `/api/v0/users/${user}/notification-prefs/`], 'notification_preferences'),
    /** Not retried when its outcome is unknown: that could register twice. */
    create: (fields: WebhookFields) => pick(webhookWithSecretSchema, ['POST', WEBHOOKS, fields], 'webhook'),
    update: (id: number, fields: Partial<WebhookFields>) => pick(webhookSchema, ['PUT', at(id), fields], 'webhook'),
    remove: (id: number) => call('DELETE', at(id)),
    /** Kills the old secret as soon as it reaches Vast.ai, whether or not the answer arrives. */
    rotate: (id: number) => pick(webhookWithSecretSchema, ['POST', at(id, 'rotate-secret/')], 'webhook'),
    /** The account's keys. Needs the scope `user_read`. */
    keys: () => pick(v.array(keySchema), ['GET', KEYS], 'apikeys'),
    /** A key with these scopes alone; its value is shown this once. */
    createKey: (name: string, api: Record<string, object>) =>
      pick(newKeySchema, ['POST', KEYS, { name, permissions: { api } }]),
    removeKey: async (id: number) => {
      const answer = await call('DELETE', `${KEYS}${id}/`);
      if (answer.ok) return answer;
      // Its answer is a text, where other calls have an object; 404: gone already.
      return answer.failure.kind === 'malformed' || hasStatus(answer.failure, 404) ? succeed({}) : answer;
    },
    /** One id at most, as rows hold secrets: that there is an answer is the point. */
    instances: () => pick(v.array(v.unknown()), ['GET', '/api/v1/instances/?limit=1&select_cols=["id"]'], 'instances'),
    /** Has Vast.ai send a `webhook_test` now; succeeds when our answer to it was 2xx. */
    test: (id: number) => pick(testSchema, ['POST', at(id, 'test/')]),
  };
}
