// Cloudflare's API on this machine, with faults: any request may be refused, fail, be cut off
// before or after it took effect, or never be answered.
import { never, serve } from '../vast/serve.ts';
import { CloudflareAccount, Refusal } from './cloudflare-account.ts';
import { createCloudflareApi, type Permission, refuse } from './cloudflare-api.ts';

/** Of a token as README.md asks for it. */
export const TOKEN_PERMISSIONS: readonly Permission[] = [
  'Workers Scripts',
  'Workers KV Storage',
  'Queues',
  'Account Settings',
];

export type Fault = 'refuse' | 'fail' | 'cut' | 'cut after' | 'hang';

export interface Cloudflare {
  readonly account: CloudflareAccount;
  /** Every request so far, as `requestName` calls it. */
  readonly requests: string[];
  /** What was asked for and is not known here. */
  readonly unknown: readonly string[];
  /** What leads wrangler here, with a token of its own. */
  readonly environment: Readonly<Record<string, string>>;
  fault: ((request: string) => Fault | undefined) | undefined;
}

/** Method and path within the account, without ids: the same for the same step of every deploy. */
function requestName({ method, url }: Request): string {
  const path = new URL(url).pathname.replace(/^\/client\/v4(\/accounts\/\w+)?/, '');
  return `${method} ${path.replaceAll(/\/[0-9a-f]{32}/g, '/<id>')}`;
}

/** Stops when the test ends. */
export async function startCloudflare(permissions = TOKEN_PERMISSIONS): Promise<Cloudflare> {
  const account = new CloudflareAccount();
  const api = createCloudflareApi(account, new Set(permissions));
  const origin = await serve(async (request) => {
    const name = requestName(request);
    cloudflare.requests.push(name);
    switch (cloudflare.fault?.(name)) {
      case 'refuse':
        return refuse(new Refusal(403, 10000, 'Authentication error'));
      case 'fail':
        return refuse(new Refusal(500, 10001, 'internal error'));
      case 'cut':
        return Response.error();
      case 'cut after':
        await api.fetch(request);
        return Response.error();
      case 'hang':
        return never;
      case undefined:
        return api.fetch(request);
    }
  });
  const cloudflare: Cloudflare = {
    account,
    requests: [],
    unknown: api.unknown,
    environment: {
      CLOUDFLARE_API_BASE_URL: `${origin}/client/v4`,
      CLOUDFLARE_API_TOKEN: 'token',
      CLOUDFLARE_ACCOUNT_ID: account.id,
      WRANGLER_HIDE_BANNER: 'true',
    },
    fault: undefined,
  };
  return cloudflare;
}
