import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { type ForwardedEvent, forward } from '../../../src/destinations/forward.ts';
import { eventOf } from './events.ts';
import { contextFor, FORWARD_SECRET, failureOf, openRoom } from './platforms.ts';

async function forwarded(event: ForwardedEvent, secret = FORWARD_SECRET) {
  const room = openRoom();
  await forward(contextFor({ ...room.secrets, FORWARD_SECRET: secret }), event);
  const [delivery] = await room.received('forward');
  if (!delivery) throw new Error('nothing was forwarded');
  return delivery;
}

describe('forward', () => {
  it("is accepted by the Standard Webhooks library's own verifier", async () => {
    const event = eventOf('outbid', { message: 'Grüße, 世界 😀 "quoted"' });
    const { body, headers } = await forwarded(event);
    expect(new Webhook(FORWARD_SECRET).verify(body, headers)).toMatchObject({ id: event.id, data: event.data });
  });

  it('accepts a secret without its prefix, as that library does', async () => {
    const bare = FORWARD_SECRET.replace('whsec_', '');
    const { body, headers } = await forwarded(eventOf('outbid'), bare);
    expect(() => new Webhook(FORWARD_SECRET).verify(body, headers)).not.toThrow();
  });

  it('is refused by that verifier under another secret', async () => {
    const { body, headers } = await forwarded(eventOf('outbid'));
    const other = new Webhook(`whsec_${btoa('x'.repeat(32))}`);
    expect(() => other.verify(body, headers)).toThrow(/signature/i);
  });

  it.each(['webhook-id', 'webhook-timestamp'])('is refused by that verifier with another %s', async (name) => {
    const { body, headers } = await forwarded(eventOf('outbid'));
    const changed = { ...headers, [name]: String(Number.parseInt(headers[name] ?? '', 10) + 1 || 'other') };
    expect(() => new Webhook(FORWARD_SECRET).verify(body, changed)).toThrow(/signature/i);
  });

  it('sends the whole event, with type, timestamp and data as the specification advises', async () => {
    const event = { ...eventOf('resource.created', {}, 'client'), extra: { region: 'EU' } };
    const { body, headers } = await forwarded(event);
    expect(JSON.parse(body)).toEqual({
      type: 'resource.created',
      timestamp: event.created,
      data: event.data,
      id: event.id,
      endpoint: 'client',
      dialect: 'resource',
      extra: { region: 'EU' },
    });
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it('keeps its webhook-id from try to try, so that the receiver can dedupe', async () => {
    const room = openRoom();
    await room.answers('forward', { status: 500 });
    const event = eventOf('outbid');
    await failureOf(forward(contextFor(room.secrets), event));
    await forward(contextFor(room.secrets, { attempt: 2 }), event);
    const ids = (await room.received('forward')).map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([event.id, event.id]);
  });

  it("has the endpoint's name in its webhook-id where that has one: the same id there is another event", async () => {
    const { headers, body } = await forwarded(eventOf('outbid', {}, 'host'));
    expect(headers['webhook-id']).toBe('host:id-of-outbid');
    expect(JSON.parse(body)).toMatchObject({ id: 'id-of-outbid', endpoint: 'host' });
  });

  it('passes security-critical types on: its receiver is a machine', async () => {
    const event = eventOf('password_reset');
    expect(JSON.parse((await forwarded(event)).body)).toMatchObject({ type: 'password_reset', data: event.data });
  });

  it.each([
    ['missing', undefined, 'is not set'],
    ['empty', '', 'is not set'],
    ['not base64', 'whsec_not-base64!', 'is not whsec_ followed by base64'],
    ['too short by one byte', `whsec_${btoa('x'.repeat(23))}`, 'is shorter than 24 bytes'],
  ])('sends nothing, least of all unsigned, while its secret is %s', async (_, secret, complaint) => {
    const room = openRoom();
    const { FORWARD_SECRET: _set, ...secrets } = room.secrets;
    const context = contextFor({ ...secrets, ...(secret !== undefined && { FORWARD_SECRET: secret }) });
    const failure = await failureOf(forward(context, eventOf('outbid')));
    expect(failure.message).toBe(`the secret FORWARD_SECRET ${complaint}`);
    expect(await room.received('forward')).toEqual([]);
  });
});
