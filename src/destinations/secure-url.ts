// The addresses in secrets: https, or http on this machine while developing. No error quotes one.
import { secureUrl } from '../this-machine.ts';

/** @throws Error, to be retried (the secret may be set by then), if there is no such URL in it. */
export function urlFromSecret(name: string, value: string | undefined): URL {
  if (!value) throw new Error(`the secret ${name} is not set`);
  const url = secureUrl(value);
  if (url) return url;
  throw new Error(`the secret ${name} is not an https URL`);
}
