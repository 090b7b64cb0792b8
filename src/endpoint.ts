// The webhook path, the endpoints' names, their secret slots: decided here and nowhere else.
import { isUsable } from './usable-secret.ts';

/** A signing secret's name: a live slot, and one beside it while rotating, for each endpoint. */
export type WebhookSecretName = `VASTAI_WEBHOOK_SECRET${'' | `_${string}`}`;

/** Bindings and secrets, of which only these matter here. */
type Env = { readonly [Name in WebhookSecretName]?: string };

/** The default endpoint's path. A named endpoint has its name behind it. */
export const WEBHOOK_PATH = '/webhooks/vastai';

/** The endpoint behind `WEBHOOK_PATH` itself. */
export const DEFAULT_ENDPOINT = 'default';

const NAME = '[a-z][a-z0-9-]{0,31}';
const WHOLE_NAME = new RegExp(`^${NAME}$`);

/** Hono's route of the named endpoints; the parameter is `endpoint`. */
export const NAMED_ENDPOINT_ROUTE = `${WEBHOOK_PATH}/:endpoint{${NAME}}` as const;

/** The endpoint of what patrol tells: no path leads there. */
export const PATROL_ENDPOINT = 'patrol';

/**
 * Names that no path may carry: the unnamed endpoint's, the one under which the ledger keeps what
 * nobody can read, and patrol's.
 */
const RESERVED: ReadonlySet<string> = new Set([DEFAULT_ENDPOINT, 'queue', PATROL_ENDPOINT]);

/**
 * Whether no endpoint can have this name in its path. One ending in `-2` would share a variable
 * with the second slot of another (`host-2` and `host`): a delivery proven for one would be
 * accepted at the other.
 */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || name.endsWith('-2');
}

/** Whether a Worker serves an endpoint of this name: `default`, or a name that a path may carry. */
export function isEndpoint(name: string): boolean {
  return name === DEFAULT_ENDPOINT || (WHOLE_NAME.test(name) && !isReserved(name));
}

/** The path of an endpoint, without a trailing slash. */
export function webhookPath(endpoint: string): string {
  return endpoint === DEFAULT_ENDPOINT ? WEBHOOK_PATH : `${WEBHOOK_PATH}/${endpoint}`;
}

/** The endpoint that a path leads to, with or without a trailing slash; undefined if to none. */
export function endpointAt(path: string): string | undefined {
  const bare = path.replace(/\/$/, '');
  if (bare === WEBHOOK_PATH) return DEFAULT_ENDPOINT;
  if (!bare.startsWith(`${WEBHOOK_PATH}/`)) return undefined;
  const name = bare.slice(WEBHOOK_PATH.length + 1);
  return name !== DEFAULT_ENDPOINT && isEndpoint(name) ? name : undefined;
}

const FIRST_SECRET = 'VASTAI_WEBHOOK_SECRET';

/** The names of an endpoint's two secret slots: the live one, and the one used while rotating. */
export function secretNamesOf(endpoint: string): readonly [WebhookSecretName, WebhookSecretName] {
  if (endpoint === DEFAULT_ENDPOINT) return [FIRST_SECRET, `${FIRST_SECRET}_2`];
  const name: WebhookSecretName = `${FIRST_SECRET}_${endpoint.toUpperCase().replaceAll('-', '_')}`;
  return [name, `${name}_2`];
}

/** The secrets an endpoint has for a request: none, one, or two while rotating. */
export function liveSecrets(env: Env, endpoint: string, request: Request): readonly string[] {
  return secretNamesOf(endpoint).flatMap((name) => {
    const secret = env[name];
    return isUsable(name, secret, request) ? secret : [];
  });
}

/** Whether any endpoint has a secret, which is what makes the Worker ready to receive. */
export function isConfigured(env: Env, request: Request): boolean {
  return Object.entries(env).some(([name, value]) => isWebhookSecret(name) && isUsable(name, value, request));
}

/** Whether a secret of this name is some endpoint's. */
export function isWebhookSecret(name: string): boolean {
  return name === FIRST_SECRET || name.startsWith(`${FIRST_SECRET}_`);
}

/**
 * Names an event beyond its endpoint, where another may have the same id. At the default endpoint
 * it is the id alone, so that a service that deduplicates by it knows the event as Vast.ai's.
 */
export function eventKey(endpoint: string, id: string): string {
  return endpoint === DEFAULT_ENDPOINT ? id : `${endpoint}:${id}`;
}
