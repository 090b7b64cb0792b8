// The catalogue against the provider's published list.
import { expect, test } from 'vitest';
import {
  eventTypes,
  isResourceType,
  notificationGroups,
  notificationTypes,
  resourceTypes,
  securityCriticalTypes,
} from '../../../src/event/catalogue.ts';
import { observedTypes } from '../../../src/event/observed.ts';

const groups = Object.entries(notificationGroups);
const subscriptionKeys = groups.flatMap(([, group]) => group.types.map((type) => `${group.context}:${type}`));

test.each([
  ['billing', 'client', 4],
  ['instance', 'client', 16],
  ['account', 'client', 4],
  ['host', 'host', 7],
] as const)('the %s group belongs to the %s context and has %i types', (name, context, size) => {
  expect(notificationGroups[name].context).toBe(context);
  expect(notificationGroups[name].types).toHaveLength(size);
});

test('there are 31 subscription keys, each once', () => {
  expect(subscriptionKeys).toHaveLength(31);
  expect(new Set(subscriptionKeys).size).toBe(31);
});

test('two slugs exist in both contexts', () => {
  const slugs = groups.flatMap(([, group]) => [...group.types]);
  const shared = slugs.filter((slug, index) => slugs.indexOf(slug) !== index);
  expect(shared.sort()).toEqual(['low_disk_space', 'near_end_date']);
});

test('every slug is listed once, and the test type last', () => {
  expect(new Set(notificationTypes).size).toBe(notificationTypes.length);
  expect(notificationTypes).toHaveLength(29 + 1);
  expect(notificationTypes.at(-1)).toBe('webhook_test');
});

test('the known types of all dialects are kept apart', () => {
  expect(eventTypes).toEqual([...notificationTypes, ...resourceTypes, ...observedTypes]);
  expect(eventTypes.filter(isResourceType)).toEqual([...resourceTypes]);
});

test('what lets its reader into an account counts as security-critical, and nothing else', () => {
  expect(securityCriticalTypes).toEqual(
    new Set(['email_verification', 'password_reset', 'email_change', 'team_invitation']),
  );
});
