// Plain http and the secrets of local development are fine on this machine, and nowhere else.

/** `hostname` as URL spells it: IPv6 in brackets. 127.0.0.0/8 is loopback (RFC 1122, 3.2.1.3). */
export function isThisMachine(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/**
 * Whether a request was made on the machine that the Worker runs on. No stranger reaches a deployed
 * Worker as `localhost`; some tunnels do say `localhost` to a local one, but then say for whom.
 */
export function isFromThisMachine({ url, headers }: Request): boolean {
  return isThisMachine(new URL(url).hostname) && !headers.has('x-forwarded-for') && !headers.has('x-forwarded-host');
}

/** Whether a secret may be sent there: https anywhere, plain http only on this machine. */
export function isSafeForCredentials({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname));
}

/** The URL in a text; undefined if it is none, or one that others could read on the way. */
export function secureUrl(text: string | undefined): URL | undefined {
  const url = URL.parse(text?.trim() ?? '');
  return url && isSafeForCredentials(url) ? url : undefined;
}
