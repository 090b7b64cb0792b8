// Links to the operator's pages, for notices. A link lets nobody in: the page asks for a password.
import { DEFAULT_ENDPOINT } from '../endpoint.ts';
import type { Secrets } from '../env.ts';
import { secureUrl } from '../this-machine.ts';
import type { Link } from './event-kinds.ts';

type EventName = { readonly id: string; readonly endpoint?: string | undefined };
type OpsEnv = Pick<Secrets, 'OPS_URL'>;

/** The page of an event; undefined unless `OPS_URL` is an address by https or on this machine. */
export function opsLink(env: OpsEnv, { id, endpoint = DEFAULT_ENDPOINT }: EventName): Link | undefined {
  return linkTo(env, 'event', { id, endpoint });
}

/** The list of all events in a state; undefined as above. */
export function listLink(env: OpsEnv, status: 'dead' | 'quarantined'): Link | undefined {
  return linkTo(env, 'events', { status });
}

function linkTo({ OPS_URL }: OpsEnv, page: string, query: Record<string, string>): Link | undefined {
  const root = secureUrl(OPS_URL);
  if (!root) return undefined;
  // No part of it but the address: a user name or a password in it would be posted to the chats.
  const url = `${root.origin}${root.pathname.replace(/\/+$/, '')}/${page}?${new URLSearchParams(query)}`;
  return { label: 'Open the ops page', url };
}
