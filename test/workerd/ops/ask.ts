// Asks the operator's page, as somebody who knows the token.
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { app } from '../../../src/app.ts';
import type { Env } from '../../../src/env.ts';

export const ORIGIN = 'https://worker.example';
export const TOKEN = (env as Env).OPS_TOKEN ?? '';

/** Sends a request with the log-in added. */
export function ask(path: string, init: RequestInit & { env?: Partial<Env> } = {}): Promise<Response> {
  const headers = new Headers({ authorization: `Basic ${btoa(`anyone:${TOKEN}`)}` });
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return askStranger(path, { ...init, headers });
}

/** The address of an event's page, or of its resource. */
export function eventAt(id: string, { root = '/ops/event', endpoint = 'default' } = {}): string {
  return `${root}?${new URLSearchParams({ id, endpoint })}`;
}

/** Sends a request as it is. */
export async function askStranger(path: string, init: RequestInit & { env?: Partial<Env> } = {}): Promise<Response> {
  const { env: changed, ...rest } = init;
  const request = new Request(new URL(path, ORIGIN), { redirect: 'manual', ...rest });
  return app.fetch(request, { ...env, ...changed } as Env, createExecutionContext());
}

export function postJson(path: string, body: unknown): Promise<Response> {
  return ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

export async function json<Body>(response: Promise<Response>): Promise<Body> {
  return (await response).json();
}
