import { describe, expect, it } from 'vitest';
import { message } from '../../../src/destinations/message.ts';
import { eventTypes, securityCriticalTypes } from '../../../src/event/catalogue.ts';
import { eventOf } from './events.ts';

describe('message', () => {
  it("shows the provider's own subject and message", () => {
    const event = eventOf('low_credit');
    expect(message(event)).toMatchObject({
      title: event.data.subject,
      text: event.data.message,
      created: event.created,
    });
  });

  it.each([...eventTypes])('has a title and a console page for %s', (type) => {
    const { title, link, details } = message(eventOf(type));
    expect(title).not.toBe('');
    expect(link?.url).toMatch(/^https:\/\/cloud\.vast\.ai\//);
    expect(details).toContain(type);
  });

  it.each([
    ['billing_failed', 'https://cloud.vast.ai/billing/'],
    ['outbid', 'https://cloud.vast.ai/instances/'],
    ['machine_error', 'https://cloud.vast.ai/host/machines/'],
    ['resource.updated', 'https://cloud.vast.ai/instances/'],
    ['webhook_test', 'https://cloud.vast.ai/'],
  ])('links %s to the page where it is dealt with', (type, url) => {
    expect(message(eventOf(type)).link?.url).toBe(url);
  });

  it.each([
    ['default', 'https://cloud.vast.ai/instances/'],
    ['client', 'https://cloud.vast.ai/instances/'],
    ['host', 'https://cloud.vast.ai/host/machines/'],
    ['host-eu', 'https://cloud.vast.ai/host/machines/'],
    ['hostile', 'https://cloud.vast.ai/instances/'],
  ])('links a type that clients and hosts share by the endpoint %s', (endpoint, url) => {
    expect(message(eventOf('low_disk_space', {}, endpoint)).link?.url).toBe(url);
  });

  it.each([
    ['instance_offline', 'open until instance_online'],
    ['instance_online', 'resolves instance_offline'],
    ['outbid', 'open until instance_resumed or instance_started'],
    ['instance_stopped', 'open until instance_resumed or instance_started'],
    ['instance_resumed', 'resolves outbid or instance_stopped'],
    ['instance_started', 'resolves outbid or instance_stopped'],
  ])('says of %s what opens or resolves it', (type, pair) => {
    expect(message(eventOf(type)).details).toContain(pair);
  });

  it.each([
    ['instance_stopped', 'outbid of instance 7', false],
    ['outbid', 'outbid of instance 7', false],
    ['instance_resumed', 'outbid of instance 7', true],
    ['instance_started', 'outbid of instance 7', true],
    ['instance_offline', 'instance_offline of instance 7', false],
    ['storage_full', 'storage_full of instance 7', false],
  ])('says which condition %s is about: %s', (type, key, resolves) => {
    const event = { ...eventOf(type), mentions: { instanceId: 7, machineId: 9 } };
    expect(message(event).condition).toMatchObject({ key, subject: 'instance 7', resolves });
  });

  it('takes a machine for the subject of a host’s events alone: instances that are not named may be several', () => {
    const on9 = (type: string) => message({ ...eventOf(type), mentions: { machineId: 9 } }).condition.subject;
    expect([on9('machine_offline'), on9('instance_offline'), on9('outbid')]).toEqual([
      'machine 9',
      undefined,
      undefined,
    ]);
  });

  it('shows what resolves a condition as good news', () => {
    expect(message(eventOf('instance_offline')).severity).toBe('critical');
    expect(message(eventOf('instance_online')).severity).toBe('good');
  });

  it.each([undefined, null, 42, '', '   ', ['a'], { a: 1 }])('needs no subject (here %j)', (subject) => {
    expect(message(eventOf('outbid', { subject })).title).toBe('Outbid');
  });

  it('shows the other simple fields where there is no message', () => {
    const fields = { message: null, instance_id: 4711, nested: { a: 1 }, ok: true };
    expect(message(eventOf('outbid', fields)).text).toBe('instance_id: 4711\nok: true');
  });

  it('shows the fields of a resource event', () => {
    const { title, text } = message(eventOf('resource.created'));
    expect(title).toBe('Resource created');
    expect(text).toContain('gpu_name: RTX 4090');
  });

  it('shows no more than twenty fields, and no endless value', () => {
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field_${index}`, 'x'.repeat(5000)]));
    const lines = message(eventOf('resource.updated', fields)).text.split('\n');
    expect(lines).toHaveLength(20);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(200);
  });

  it.each(['gpu_melted', 'constructor', '__proto__', 'toString', '...'])('handles the unknown type %s', (type) => {
    const shown = message({ ...eventOf('outbid', { subject: undefined }), type });
    expect(shown).toMatchObject({ severity: 'info', confidential: false, link: { url: 'https://cloud.vast.ai/' } });
    expect(shown.title).not.toBe('');
  });

  it('has no title of more than one line', () => {
    expect(message(eventOf('outbid', { subject: 'a\r\nb\n\n  c' })).title).toBe('a b c');
  });

  it('drops control characters, reversed text and halves of characters', () => {
    const text = message(eventOf('outbid', { message: 'a\u0000b\u202ec\u2066d\u001b[31m\ud83d\ne' })).text;
    expect(text).toBe('abcd[31m\ufffd\ne');
  });

  it.each([...securityCriticalTypes])('is confidential for %s', (type) => {
    expect(message(eventOf(type)).confidential).toBe(true);
  });

  it.each(['password_changed', 'new_login', 'two_factor_2fa', 'email_added', 'api_key_created'])(
    'is confidential for %s, which is not known but sounds like it',
    (type) => {
      expect(message(eventOf(type)).confidential).toBe(true);
    },
  );

  it('is confidential for no other known type', () => {
    const open = eventTypes.filter((type) => !message(eventOf(type)).confidential);
    expect(open).toHaveLength(eventTypes.length - securityCriticalTypes.size);
  });
});
