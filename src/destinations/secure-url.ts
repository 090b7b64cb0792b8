// The addresses in secrets: https, or http on this machine while developing. No error quotes one.
import { isThisMachine } from '../this-machine.ts';

/** The URL in a text; undefined where it has none, or one that others could read on the way. */
export function secureUrl(text: string | undefined): URL | undefined {
  const url = URL.parse(text?.trim() ?? '');
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisMachine(url.hostname)) ? url : undefined;
}

/**
 * The URL in a secret.
 *
 * @throws Error while it is missing or no such URL. It is retried, because setting the secret is all that it needs.
 */
export function urlFromSecret(name: string, value: string | undefined): URL {
  if (!value) throw new Error(`the secret ${name} is not set`);
  const url = secureUrl(value);
  if (url) return url;
  throw new Error(`the secret ${name} is not an https URL`);
}
