// Plain http and the secrets of local development are fine on this machine, and nowhere else.

/** `hostname` as URL spells it: IPv6 in brackets. 127.0.0.0/8 is loopback (RFC 1122, 3.2.1.3). */
export function isThisMachine(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
