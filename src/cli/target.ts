// From what the operator types to a URL, its endpoint and the secrets that belong to it: all
// commands accept and refuse the same.
import { DEFAULT_ENDPOINT, endpointAt, isEndpoint, isReserved, secretNamesOf, webhookPath } from '../endpoint.ts';
import { isSafeForCredentials, isThisMachine } from '../this-machine.ts';
import { usage } from './cli-failure.ts';

/** Vast.ai's limit, in characters. */
const MAX_URL_LENGTH = 2048;

/** One endpoint of a Worker. */
export interface Target {
  /** The Worker's origin, without a trailing slash. */
  readonly worker: string;
  readonly endpoint: string;
  /** What is registered at Vast.ai. */
  readonly url: string;
  /** The names of its two secrets. */
  readonly slots: readonly [first: string, second: string];
  /** Whether the Worker runs on this machine. */
  readonly local: boolean;
}

/**
 * @param address The Worker's address or the whole webhook URL.
 * @param endpoint Name of the endpoint; from the URL's path where it is not given.
 * @throws CliFailure (usage) for what no Worker serves.
 */
export function targetOf(address: string, endpoint?: string): Target {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const examples = 'http://localhost:8787 or https://name.account.workers.dev';
    throw usage(`--url: "${address}" is not an address such as ${examples}`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw usage('--url must not hold credentials, a query or a fragment.');
  }
  if (endpoint !== undefined && !isEndpoint(endpoint)) throw usage(`--endpoint: ${whyNoEndpoint(endpoint)}`);
  const inPath = url.pathname === '/' ? undefined : endpointAt(url.pathname);
  if (url.pathname !== '/' && inPath === undefined) {
    const [unnamed, named] = [webhookPath(DEFAULT_ENDPOINT), webhookPath('<endpoint>')];
    throw usage(`--url: the Worker serves ${unnamed} and ${named}, not ${url.pathname}.`);
  }
  if (endpoint !== undefined && inPath !== undefined && inPath !== endpoint) {
    throw usage(`--url names endpoint "${inPath}", but --endpoint says "${endpoint}".`);
  }
  const name = endpoint ?? inPath ?? DEFAULT_ENDPOINT;
  const { origin: worker, hostname } = url;
  const slots = secretNamesOf(name);
  return { worker, endpoint: name, url: worker + webhookPath(name), slots, local: isThisMachine(hostname) };
}

/** A target fit for Vast.ai and for credentials. @throws CliFailure (usage) also for plain http. */
export function secureTargetOf(address: string, endpoint?: string): Target {
  const target = targetOf(address, endpoint);
  if (!isSafeForCredentials(new URL(target.url))) {
    throw usage('--url must begin with https://: Vast.ai delivers to nothing else.');
  }
  if (target.url.length > MAX_URL_LENGTH) throw usage(`--url is longer than Vast.ai's ${MAX_URL_LENGTH} characters.`);
  return target;
}

function whyNoEndpoint(name: string): string {
  return isReserved(name)
    ? `"${name}" is reserved, choose another name.`
    : `"${name}" is no name of an endpoint: lower-case letters, digits and dashes, up to 32, beginning with a letter.`;
}

/** Whether two registered URLs are the same. A trailing slash makes no difference to the Worker. */
export function isSameUrl(one: string, other: string): boolean {
  return bareUrl(one) === bareUrl(other);
}

function bareUrl(text: string): string {
  return (URL.parse(text)?.href ?? text).replace(/\/+$/, '');
}
