import { expect, it } from 'vitest';
import { opsLink } from '../../../src/destinations/notices.ts';

const urlOf = (OPS_URL: string, event = { id: 'event-1', endpoint: 'host' }) =>
  opsLink({ OPS_URL }, 'event', event)?.url;

it.each(['https://worker.example/ops', 'https://worker.example/ops/', ' https://worker.example/ops '])(
  'leads to the page of an event from %j',
  (root) => {
    expect(urlOf(root)).toBe('https://worker.example/ops/event?id=event-1&endpoint=host');
  },
);

it.each(['..', 'a&endpoint=b', 'a/b?c#d', '100%', 'a+b', '"<>'])('finds the id %s again', (id) => {
  const url = new URL(urlOf('https://worker.example/ops', { id, endpoint: 'host' }) ?? '');
  expect(url.pathname).toBe('/ops/event');
  expect([...url.searchParams]).toEqual([
    ['id', id],
    ['endpoint', 'host'],
  ]);
});

it('is there on this machine without https', () => {
  expect(urlOf('http://localhost:8787/ops')).toBe('http://localhost:8787/ops/event?id=event-1&endpoint=host');
});

it.each(['', 'http://worker.example/ops', 'worker.example/ops', 'javascript:alert(1)'])(
  'is not there for the address %j',
  (root) => {
    expect(urlOf(root)).toBeUndefined();
  },
);

it('carries no password, whatever the address has', () => {
  expect(urlOf('https://me:password@worker.example/ops?token=password#password')).not.toContain('password');
});
