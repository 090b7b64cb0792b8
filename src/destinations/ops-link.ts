// Links to the operator's pages, for notices. A link lets nobody in: the page asks for a password.
import type { Secrets } from '../env.ts';
import { secureUrl } from '../this-machine.ts';
import type { Link } from './event-kinds.ts';

/** A page of `/ops`; undefined unless `OPS_URL` is an address by https or on this machine. */
export function opsLink(
  { OPS_URL }: Pick<Secrets, 'OPS_URL'>,
  page: 'event' | 'events',
  query: Record<string, string>,
): Link | undefined {
  const root = secureUrl(OPS_URL);
  if (!root) return undefined;
  // No part of it but the address: a user name or a password in it would be posted to the chats.
  const url = `${root.origin}${root.pathname.replace(/\/+$/, '')}/${page}?${new URLSearchParams(query)}`;
  return { label: 'Open the ops page', url };
}
