// The addresses in secrets: https, or http on this machine while developing. No error quotes one.
import type { DestinationSecrets } from '../env.ts';
import { secureUrl } from '../this-machine.ts';

/** @throws Error, to be retried (the secret may be set by then), if there is no such URL in it. */
export function urlFromSecret(env: DestinationSecrets, name: keyof DestinationSecrets): URL {
  const url = secureUrl(textFromSecret(env, name));
  if (url) return url;
  throw new Error(`the secret ${name} is not an https URL`);
}

/** @throws Error, to be retried, if it is not set. */
export function textFromSecret(env: DestinationSecrets, name: keyof DestinationSecrets): string {
  const value = env[name]?.trim();
  if (!value) throw new Error(`the secret ${name} is not set`);
  return value;
}
