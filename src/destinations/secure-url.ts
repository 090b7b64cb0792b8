// The addresses in secrets: https, or http on this machine while developing. No error quotes one.
import { isThisMachine } from '../this-machine.ts';

/** The URL in a text; undefined if it is none, or one that others could read on the way. */
export function secureUrl(text: string | undefined): URL | undefined {
  const url = URL.parse(text?.trim() ?? '');
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisMachine(url.hostname)) ? url : undefined;
}

/** @throws Error, to be retried (the secret may be set by then), if there is no such URL in it. */
export function urlFromSecret(name: string, value: string | undefined): URL {
  if (!value) throw new Error(`the secret ${name} is not set`);
  const url = secureUrl(value);
  if (url) return url;
  throw new Error(`the secret ${name} is not an https URL`);
}
