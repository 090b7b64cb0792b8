// Which secrets are live for an endpoint, and whether a rotation is under way.
import type { Env, WebhookSecretName } from '../env.ts';

/** The endpoint behind `/webhooks/vastai`, without a name of its own in the path. */
export const DEFAULT_ENDPOINT = 'default';

/** What a path may name as an endpoint. */
export const ENDPOINT_PATTERN = '[a-z][a-z0-9-]{0,31}';

/**
 * The names of an endpoint's two secret slots, or none where the name is reserved.
 *
 * `default` is the unnamed endpoint, and a name ending in `-2` would share a variable with the second slot of the
 * endpoint before it (`host-2` and `host`): a delivery proven for one would be accepted at the other.
 */
export function secretNamesOf(endpoint: string, named: boolean): readonly WebhookSecretName[] {
  if (!named) return ['VASTAI_WEBHOOK_SECRET', 'VASTAI_WEBHOOK_SECRET_2'];
  if (endpoint === DEFAULT_ENDPOINT || endpoint.endsWith('-2')) return [];
  const name: WebhookSecretName = `VASTAI_WEBHOOK_SECRET_${endpoint.toUpperCase().replaceAll('-', '_')}`;
  return [name, `${name}_2`];
}

/** The live secrets of an endpoint: none, one, or two while rotating. An empty value counts as not set. */
export function liveSecrets(env: Env, names: readonly WebhookSecretName[]): readonly string[] {
  return names.map((name) => env[name]).filter((secret) => typeof secret === 'string' && secret !== '') as string[];
}

/** Whether any endpoint has a secret, which is what makes the Worker ready to receive. */
export function isConfigured(env: Env): boolean {
  return Object.entries(env).some(
    ([name, value]) => /^VASTAI_WEBHOOK_SECRET(_|$)/.test(name) && typeof value === 'string' && value !== '',
  );
}

/**
 * Whether a mismatch may be our own secret lagging behind the provider's.
 *
 * @param nowSeconds Seconds since the epoch. A value that is not epoch seconds (milliseconds, say) counts as no
 *   rotation: it would turn every refusal into a retry for ever.
 */
export function isRotating(env: Env, nowSeconds: number): boolean {
  const until = env.VASTAI_ROTATION_UNTIL ?? '';
  return /^\d{1,12}$/.test(until) && Number(until) > nowSeconds;
}
