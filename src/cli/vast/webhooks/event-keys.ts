// From what an operator types (`billing,outbid,host:machine_error`) to Vast.ai's full keys.
import {
  contextOfGroup,
  type NotificationGroup,
  notificationGroups,
  securityCriticalTypes,
} from '../../../event/catalogue.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import { type CliFailure, usage } from '../../cli-failure.ts';
import { nearMiss } from '../../near-miss.ts';
import { expectOk } from '../connect.ts';

/** Every full key of the catalogue: `client:outbid`, `host:machine_error`. */
export const catalogueKeys = (Object.keys(notificationGroups) as NotificationGroup[]).flatMap(keysOfGroup);

function keysOfGroup(name: NotificationGroup): string[] {
  return Object.keys(notificationGroups[name]).map((slug) => `${contextOfGroup(name)}:${slug}`);
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
 * What can be refused without asking Vast.ai. A word that is merely unknown, and any full key, may
 * be a type that it has added.
 *
 * @throws CliFailure (usage) for a typing error.
 */
export function checkEvents(text = 'all'): void {
  const words = wordsIn(text);
  if (words.length === 0) throw usage('--events names no event type.');
  const known = [...Object.keys(notificationGroups), 'all', ...catalogueKeys.map(slugOf)];
  for (const word of words) {
    const near = word.includes(':') ? undefined : nearMiss(word, known);
    if (near) throw usage(`--events: there is no "${word}". Did you mean ${near}?`);
  }
}

function wordsIn(text: string): string[] {
  const words = text.split(',').map((part) => part.trim());
  return words.filter((word) => word !== '');
}

/** The full keys of what an operator typed, against what Vast.ai offers now. */
export async function expandLive(api: VastApi, events: string): Promise<string[]> {
  const types = expectOk(await api.types(), 'list the event types');
  return expandEvents(
    events,
    types.map(({ key }) => key),
  );
}

/**
 * Expands comma-separated groups, `all`, bare slugs and full keys: each key once, in their order.
 * Security-critical types must be named: their text can hold a link into the account. Of a group,
 * what Vast.ai no longer offers is left out; a named key that is unknown is refused.
 */
export function expandEvents(text: string, liveKeys: readonly string[]): string[] {
  const live = new Set(liveKeys);
  const chosen = new Set(wordsIn(text).flatMap((word) => keysOf(word, live)));
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
  if (matches.length > 1) throw usage(`"${word}" exists for clients and hosts: use ${matches.join(' or ')}.`);
  if (matches.length === 0) throw unknown(word, live);
  return matches;
}

function offeredOfGroup(name: NotificationGroup, live: ReadonlySet<string>): string[] {
  const keys = keysOfGroup(name);
  const harmless = keys.filter((key) => !isSecurityCritical(key));
  if (harmless.length === 0) {
    throw usage(`The types of group "${name}" are security-critical and only included by name: ${keys.join(', ')}.`);
  }
  return harmless.filter((key) => live.has(key));
}

function unknown(word: string, live: ReadonlySet<string>): CliFailure {
  const near = nearMiss(word, [...live, ...[...live].map(slugOf)]);
  const hint = near ? ` Did you mean ${near}?` : '';
  const see = `See \`npm run vast -- types\`; groups are ${Object.keys(notificationGroups).join(', ')} and all.`;
  return usage(`Vast.ai has no event type "${word}".${hint} ${see}`);
}
