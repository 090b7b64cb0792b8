// The catalogue against the provider's published list.
import { expect, test } from 'vitest';
import {
  contextOfGroup,
  eventTypes,
  isResourceType,
  notificationGroups,
  observedTypes,
  resourceTypes,
  securityCriticalTypes,
  severityOf,
} from '../../../src/event/catalogue.ts';

const groups = Object.entries(notificationGroups);
const subscriptionKeys = groups.flatMap(([name, types]) =>
  Object.keys(types).map((type) => `${contextOfGroup(name)}:${type}`),
);

test.each([
  ['billing', 'client', 4],
  ['instance', 'client', 16],
  ['account', 'client', 4],
  ['host', 'host', 7],
] as const)('the %s group belongs to the %s context and has %i types', (name, context, size) => {
  expect(contextOfGroup(name)).toBe(context);
  expect(Object.keys(notificationGroups[name])).toHaveLength(size);
});

test('there are 31 subscription keys, each once', () => {
  expect(subscriptionKeys).toHaveLength(31);
  expect(new Set(subscriptionKeys).size).toBe(31);
});

test('two slugs exist in both contexts', () => {
  const slugs = groups.flatMap(([, types]) => Object.keys(types));
  const shared = slugs.filter((slug, index) => slugs.indexOf(slug) !== index);
  expect(shared.sort()).toEqual(['low_disk_space', 'near_end_date']);
});

test('every slug is listed once, then the test type, and the types of the other dialects apart from them', () => {
  const others = [...Object.keys(resourceTypes), ...Object.keys(observedTypes)];
  expect(new Set(eventTypes).size).toBe(29 + 1 + others.length);
  expect(eventTypes.slice(29)).toEqual(['webhook_test', ...others]);
  expect(eventTypes.filter(isResourceType)).toEqual(Object.keys(resourceTypes));
});

test.each(['type_of_the_future', 'constructor', '__proto__'])('the type %s is not known, and no alarm', (type) => {
  expect(severityOf(type)).toBe('info');
});

test('what lets its reader into an account counts as security-critical, and nothing else', () => {
  expect(securityCriticalTypes).toEqual(
    new Set(['email_verification', 'password_reset', 'email_change', 'team_invitation']),
  );
});
