// What an operator may type for event types, and what it means.
import { describe, expect, it } from 'vitest';
import { catalogueKeys, checkEvents, expandEvents } from '../../../../src/cli/vast/webhooks/event-keys.ts';
import { notificationGroups } from '../../../../src/event/catalogue.ts';

describe('--events', () => {
  it('expands a group to its full keys', () => {
    expect(expandEvents('billing', catalogueKeys)).toEqual(
      Object.keys(notificationGroups.billing).map((slug) => `client:${slug}`),
    );
  });

  it('gives each key once, whatever overlaps', () => {
    const keys = expandEvents('billing,low_credit,client:low_credit', catalogueKeys);
    expect(keys.filter((key) => key === 'client:low_credit')).toHaveLength(1);
  });

  it('takes everything but what is security-critical for `all`', () => {
    const keys = expandEvents('all', [...catalogueKeys, 'client:brand_new']);
    expect(keys).toContain('client:brand_new');
    expect(keys).toContain('host:machine_error');
    expect(keys).not.toContain('client:password_reset');
  });

  it('includes a security-critical type by name', () => {
    expect(expandEvents('team_invitation', catalogueKeys)).toEqual(['client:team_invitation']);
  });

  it('refuses the group that has only security-critical types', () => {
    expect(() => expandEvents('account', catalogueKeys)).toThrow('only included by name');
  });

  it('asks which one where a slug exists in both contexts', () => {
    expect(() => expandEvents('low_disk_space', catalogueKeys)).toThrow('client:low_disk_space or host:low_disk_space');
  });

  it('takes a type that only the live list knows', () => {
    expect(expandEvents('host:brand_new', ['host:brand_new'])).toEqual(['host:brand_new']);
  });

  it('leaves out what is gone from a group, and refuses it by name', () => {
    const live = catalogueKeys.filter((key) => key !== 'client:low_credit');
    expect(expandEvents('billing', live)).not.toContain('client:low_credit');
    expect(() => expandEvents('client:low_credit', live)).toThrow('no event type');
  });

  it.each(['outbit', 'constructor', 'client:', '__proto__'])('refuses %s', (word) => {
    expect(() => expandEvents(word, catalogueKeys)).toThrow('no event type');
  });

  it.each([
    ['brand_nwe', 'brand_new'],
    ['host:brand_nwe', 'host:brand_new'],
  ])('says what was meant by %s, of what only the live list knows', (word, meant) => {
    expect(() => expandEvents(word, ['host:brand_new'])).toThrow(`Did you mean ${meant}?`);
  });

  it.each(['', ' , '])('refuses an empty list (%j)', (text) => {
    expect(() => expandEvents(text, catalogueKeys)).toThrow('names no event type');
  });
});

describe('--events, before Vast.ai is asked', () => {
  it.each([
    ['biling', 'billing'],
    ['billing,outbd', 'outbid'],
    ['instance, ALL', 'all'],
    ['hosts', 'host'],
  ])('refuses the typing error in %j', (text, meant) => {
    const refused = { exitCode: 2, message: expect.stringContaining(`Did you mean ${meant}?`) };
    expect(() => checkEvents(text)).toThrow(expect.objectContaining(refused));
  });

  it.each(['billing,instance', 'all', 'team_invitation', 'brand_new', 'host:machine_online', undefined])(
    'leaves %s to Vast.ai',
    (text) => {
      expect(() => checkEvents(text)).not.toThrow();
    },
  );

  it('refuses an empty list', () => {
    expect(() => checkEvents(' , ')).toThrow('names no event type');
  });
});
