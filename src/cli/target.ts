// Where a test delivery goes: a Worker's address and endpoint become the URL that would be registered at Vast.ai.
import { fail, type Result, succeed } from '../result.ts';

const WEBHOOK_PATH = '/webhooks/vastai';
const REGISTERED_PATH = /^\/webhooks\/vastai(?:\/([^/]+))?\/?$/;
const LOCAL_HOST = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

export interface Target {
  readonly url: URL;
  /** The named endpoint, or none for the unnamed one. */
  readonly endpoint: string | undefined;
  /** Whether the delivery stays on this machine. */
  readonly local: boolean;
}

/** @param address The Worker's address, or a whole webhook URL. */
export function targetOf(address: string, endpoint?: string): Result<Target, string> {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return fail('--url must be an address such as http://localhost:8787');
  }
  const local = LOCAL_HOST.test(url.hostname);
  const registered = REGISTERED_PATH.exec(url.pathname);
  if (registered && endpoint === undefined) return succeed({ url, endpoint: registered[1], local });
  if (!registered && url.pathname !== '/') return fail(`--url must end at the host or in ${WEBHOOK_PATH}`);
  const path = endpoint === undefined ? WEBHOOK_PATH : `${WEBHOOK_PATH}/${encodeURIComponent(endpoint)}`;
  return succeed({ url: new URL(path, url), endpoint, local });
}
