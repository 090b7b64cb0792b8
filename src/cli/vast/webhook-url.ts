// Where a Worker's webhooks live: from what the operator types to the URL that Vast.ai is given.
import { CliFailure, EXIT } from './cli-failure.ts';
import { isSafeForCredentials } from './safe-base-url.ts';

const WEBHOOK_PATH = '/webhooks/vastai';
const ENDPOINT = /^[a-z][a-z0-9-]{0,31}$/;
export const DEFAULT_ENDPOINT = 'default';

/** Vast.ai's limit, in characters. */
const MAX_URL_LENGTH = 2048;

/** One endpoint of a Worker, and the names of its two secret slots. */
export interface WebhookTarget {
  /** The Worker's origin, without a trailing slash. */
  readonly worker: string;
  readonly endpoint: string;
  /** What is registered at Vast.ai. */
  readonly url: string;
  readonly slots: readonly [first: string, second: string];
}

/**
 * @param text The Worker's address (`https://name.account.workers.dev`) or the whole webhook URL.
 * @param endpoint Name of the endpoint; from the URL's path where it is not given.
 * @throws CliFailure for what Vast.ai or the Worker would refuse.
 */
export function webhookTarget(text: string, endpoint?: string): WebhookTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw usage(`"${text}" is not a URL. Give the Worker's address, such as https://name.account.workers.dev`);
  if (!isSafeForCredentials(url)) throw usage('The URL must begin with https://; Vast.ai delivers to nothing else.');
  if (url.username || url.password || url.search || url.hash) {
    throw usage('The URL must hold no credentials, no query and no fragment.');
  }
  const inPath = endpointInPath(url.pathname);
  if (endpoint !== undefined && inPath !== undefined && inPath !== endpoint) {
    throw usage(`The URL names endpoint "${inPath}", but --endpoint says "${endpoint}".`);
  }
  return targetOf(url.origin, endpoint ?? inPath ?? DEFAULT_ENDPOINT);
}

function targetOf(worker: string, endpoint: string): WebhookTarget {
  const url = endpoint === DEFAULT_ENDPOINT ? `${worker}${WEBHOOK_PATH}` : `${worker}${WEBHOOK_PATH}/${endpoint}`;
  if (url.length > MAX_URL_LENGTH) throw usage(`The URL is longer than Vast.ai's ${MAX_URL_LENGTH} characters.`);
  return { worker, endpoint, url, slots: slotsOf(endpoint) };
}

/**
 * The secrets that the Worker reads for an endpoint (src/edge/secrets.ts decides; a test holds the two together).
 * A name ending in `-2` is reserved: its first slot would be another endpoint's second.
 */
export function slotsOf(endpoint: string): readonly [string, string] {
  if (!ENDPOINT.test(endpoint)) {
    throw usage('An endpoint is lower-case letters, digits and dashes, up to 32, beginning with a letter.');
  }
  if (endpoint.endsWith('-2')) throw usage('Endpoint names ending in -2 are reserved: choose another.');
  const suffix = endpoint === DEFAULT_ENDPOINT ? '' : `_${endpoint.toUpperCase().replaceAll('-', '_')}`;
  return [`VASTAI_WEBHOOK_SECRET${suffix}`, `VASTAI_WEBHOOK_SECRET${suffix}_2`];
}

/** The endpoint that a path names, or nothing for the Worker's root. */
function endpointInPath(path: string): string | undefined {
  const bare = path.replace(/\/+$/, '');
  if (bare === '') return undefined;
  if (bare === WEBHOOK_PATH) return DEFAULT_ENDPOINT;
  const name = bare.startsWith(`${WEBHOOK_PATH}/`) ? bare.slice(WEBHOOK_PATH.length + 1) : '';
  if (!ENDPOINT.test(name) || name === DEFAULT_ENDPOINT) {
    throw usage(`The Worker serves ${WEBHOOK_PATH} and ${WEBHOOK_PATH}/<endpoint>, not ${path}.`);
  }
  return name;
}

/** Whether two registered URLs are the same door. A trailing slash makes no difference to the Worker. */
export function isSameUrl(one: string, other: string): boolean {
  return bareUrl(one) === bareUrl(other);
}

function bareUrl(text: string): string {
  return URL.canParse(text) ? new URL(text).href.replace(/\/+$/, '') : text;
}

function usage(message: string): CliFailure {
  return new CliFailure(message, EXIT.usage);
}
