// From what an operator types (`billing,outbid,host:machine_error`) to the full keys of Vast.ai's
// subscriptions.
import { type NotificationGroup, notificationGroups, securityCriticalTypes } from '../../../event/catalogue.ts';
import { type CliFailure, usage } from '../../cli-failure.ts';

/** Every full key of the catalogue: `client:outbid`, `host:machine_error`. */
export const catalogueKeys = Object.values(notificationGroups).flatMap(keysOfGroup);

function keysOfGroup({ context, types }: { context: string; types: readonly string[] }): string[] {
  return types.map((slug) => `${context}:${slug}`);
}

export function slugOf(key: string): string {
  return key.slice(key.indexOf(':') + 1);
}

export function contextOf(key: string): string {
  return key.slice(0, Math.max(key.indexOf(':'), 0));
}

export function isSecurityCritical(key: string): boolean {
  return securityCriticalTypes.has(slugOf(key));
}

/**
 * Expands groups, `all`, bare slugs and full keys, each key once, in the order given.
 *
 * Groups leave out security-critical types: their text can hold a link into the account, so they
 * must be named.
 *
 * @param text Comma-separated.
 * @param liveKeys What Vast.ai offers now. A group's key that is gone is left out; a named one that
 * is unknown is refused.
 */
export function expandEvents(text: string, liveKeys: readonly string[]): string[] {
  const live = new Set(liveKeys);
  const chosen = new Set<string>();
  for (const word of text.split(',').map((part) => part.trim())) {
    if (word === '') continue;
    for (const key of keysOf(word, live)) chosen.add(key);
  }
  if (chosen.size === 0) throw usage('--events names no event type.');
  return [...chosen];
}

function keysOf(word: string, live: ReadonlySet<string>): string[] {
  if (word === 'all') return [...live].filter((key) => !isSecurityCritical(key));
  if (Object.hasOwn(notificationGroups, word)) return offeredOfGroup(word as NotificationGroup, live);
  if (word.includes(':')) {
    if (!live.has(word)) throw unknown(word, live);
    return [word];
  }
  const matches = [...live].filter((key) => slugOf(key) === word);
  if (matches.length > 1) {
    throw usage(`"${word}" exists for clients and hosts: use ${matches.join(' or ')}.`);
  }
  if (matches.length === 0) throw unknown(word, live);
  return matches;
}

function offeredOfGroup(name: NotificationGroup, live: ReadonlySet<string>): string[] {
  const keys = keysOfGroup(notificationGroups[name]);
  const harmless = keys.filter((key) => !isSecurityCritical(key));
  if (harmless.length === 0) {
    throw usage(`The types of group "${name}" are security-critical and only included by name: ${keys.join(', ')}.`);
  }
  return harmless.filter((key) => live.has(key));
}

function unknown(word: string, live: ReadonlySet<string>): CliFailure {
  const near = [...live].filter((key) => slugOf(key).includes(word.slice(0, 6))).slice(0, 3);
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  const groups = Object.keys(notificationGroups).join(', ');
  return usage(
    `Vast.ai has no event type "${word}".${hint} See \`npm run vast -- types\`; groups are ${groups} and all.`,
  );
}
