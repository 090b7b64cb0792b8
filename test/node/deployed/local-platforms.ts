// A server on this machine that answers like Slack, Discord, Google Chat, ntfy, Telegram, PagerDuty
// and a forward's receiver, each at `/<room>/<platform>`. It checks every payload against the
// documented rules of its platform.
//
// A test has a room to itself: PUT sets the next answers, GET lists what has been received, POST is
// a delivery.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type Rule, rules } from './platform-rules.ts';

/** An answer to one delivery. `hang` gives none, `drop` closes the connection instead. */
interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  hang?: boolean;
  drop?: boolean;
}

interface Mailbox {
  answers: Answer[];
  received: { status: number; query: string; headers: Record<string, unknown>; body: string }[];
}

declare module 'vitest' {
  interface ProvidedContext {
    platforms: string;
  }
}

export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  const mailboxes = new Map<string, Mailbox>();
  const server = createServer((request, response) => {
    answer(request, response, mailboxes).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('platforms', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, mailboxes: Map<string, Mailbox>) {
  const url = new URL(request.url ?? '/', 'http://local');
  // A platform's root may end in a slash.
  const path = url.pathname.replace(/\/$/, '');
  const mailbox = mailboxes.get(path) ?? { answers: [], received: [] };
  mailboxes.set(path, mailbox);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');

  if (request.method === 'GET') return void response.end(JSON.stringify(mailbox.received));
  if (request.method === 'PUT') {
    mailbox.answers = JSON.parse(body) as Answer[];
    return void response.end();
  }
  const rule: Rule | undefined = rules[path.split('/').at(-1) ?? ''];
  const next: Answer = mailbox.answers.shift() ?? rule?.complaint(body) ?? rule?.accepted(url, body) ?? {};
  const status = next.status ?? 200;
  mailbox.received.push({ status, query: url.search, headers: request.headers, body });
  if (next.drop) request.socket.destroy();
  else if (!next.hang) response.writeHead(status, next.headers).end(next.body);
}
