// What a Worker answers, seen from outside, and what stands in its place if it is not the Worker that answers.
//
// The signed probe is how the CLI learns whether the Worker knows a secret. It is a genuine `webhook_test` with a fixed
// id per endpoint: accepted with 200 only if the secret is live, known as a duplicate from then on, so that it runs a
// handler once in the ledger's 30 days however often it is sent. Every other answer that lies behind the signature
// (stale, unreadable) would keep a dead letter and alert somebody about it; a probe must not.

import { schemes } from '../../signature/schemes.ts';
import { signDelivery } from '../../signature/sign.ts';
import { networkDetail } from './api-client.ts';
import { oneLine } from './output.ts';
import type { Surroundings } from './surroundings.ts';
import type { WebhookTarget } from './webhook-url.ts';

const TIMEOUT_MS = 15_000;

export type WorkerAnswer =
  | { readonly kind: 'ok' }
  /** `/health`: no webhook secret is set. A delivery: none for this endpoint. */
  | { readonly kind: 'not_configured' }
  | { readonly kind: 'invalid_signature' }
  | { readonly kind: 'outside_tolerance' }
  /** A rotation window is open and the signature matched nothing, or the Worker's queue is out. */
  | { readonly kind: 'unavailable' }
  | InTheWay;

/** Something other than this Worker answered, or nothing did. */
export type InTheWay =
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'login_page' | 'challenge' }
  | { readonly kind: 'not_the_worker'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly detail: string };

export interface WorkerReply {
  readonly answer: WorkerAnswer;
  /** The Worker's clock less ours, in seconds, where it told the time. */
  readonly clockAheadSeconds?: number | undefined;
}

export interface WorkerClient {
  health(): Promise<WorkerReply>;
  /** A delivery without a signature: tells whether the endpoint has a secret and whether a window is open. Leaves a log line. */
  unsigned(): Promise<WorkerReply>;
  /** A genuine delivery signed with `secret`: `ok` if the Worker knows it. */
  signed(secret: string): Promise<WorkerReply>;
}

export const PROBE_ID_PREFIX = 'vastai-webhook-worker-probe-';

export function createWorkerClient(
  surroundings: Pick<Surroundings, 'fetch' | 'now'>,
  target: WebhookTarget,
): WorkerClient {
  return {
    health: () => ask(`${target.worker}/health`, {}),
    unsigned: () => ask(target.url, { method: 'POST', body: '{}' }),
    signed: async (secret) => {
      const body = new TextEncoder().encode(probeBody(target.endpoint, surroundings.now()));
      const timestamp = String(Math.floor(surroundings.now() / 1000));
      const headers = await signDelivery(schemes.notification, secret, timestamp, body);
      return ask(target.url, { method: 'POST', body, headers });
    },
  };

  async function ask(url: string, init: RequestInit): Promise<WorkerReply> {
    const sentAt = surroundings.now();
    try {
      const response = await surroundings.fetch(url, {
        ...init,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = read(response, await response.text());
      return { answer, clockAheadSeconds: clockAhead(response.headers, (sentAt + surroundings.now()) / 2) };
    } catch (error) {
      return { answer: { kind: 'unreachable', detail: networkDetail(error) } };
    }
  }
}

function probeBody(endpoint: string, nowMs: number): string {
  return JSON.stringify({
    event_id: `${PROBE_ID_PREFIX}${endpoint}`,
    user_id: 0,
    notif_type: 'webhook_test',
    subject: 'Signature probe',
    message: 'Sent by `npm run vast` to learn whether the Worker knows its secret. Nothing happened at Vast.ai.',
    timestamp: nowMs / 1000,
  });
}

function read(response: Response, text: string): WorkerAnswer {
  const { status, headers } = response;
  const ours = ownAnswer(status, text);
  if (ours) return ours;
  const location = headers.get('location') ?? '';
  if (status >= 300 && status < 400) {
    return isLogin(location) ? { kind: 'login_page' } : { kind: 'redirect', location: oneLine(location) };
  }
  if (headers.has('cf-mitigated')) return { kind: 'challenge' };
  if (isLogin(text)) return { kind: 'login_page' };
  if (/challenge-platform|cf-chl|Just a moment/.test(text)) return { kind: 'challenge' };
  return { kind: 'not_the_worker', status };
}

/** The Worker's own answers, told by status and body together: a stranger's 401 or 503 is not ours. */
function ownAnswer(status: number, text: string): WorkerAnswer | undefined {
  const said = saidIn(text);
  if (status === 200 && (said === 'ok' || said === 'received')) return { kind: 'ok' };
  if (status === 503 && (said === 'unconfigured' || said === 'Not configured')) return { kind: 'not_configured' };
  if (status === 503 && said === 'Temporarily unavailable') return { kind: 'unavailable' };
  if (status === 401 && said === 'Invalid signature') return { kind: 'invalid_signature' };
  if (status === 401 && said === 'Timestamp outside tolerance') return { kind: 'outside_tolerance' };
  return undefined;
}

function saidIn(text: string): string | undefined {
  try {
    const json = JSON.parse(text) as Record<string, unknown> | null;
    if (json?.received === true) return 'received';
    const said = json?.status ?? json?.error;
    return typeof said === 'string' ? said : undefined;
  } catch {
    return undefined;
  }
}

function isLogin(text: string): boolean {
  return /cloudflareaccess\.com|\/cdn-cgi\/access\/|<input[^>]+type=["']?password/i.test(text);
}

/** The Date header has whole seconds, so half of one is added. */
function clockAhead(headers: Headers, localMs: number): number | undefined {
  const told = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(told) ? undefined : Math.round((told + 500 - localMs) / 1000);
}

/** One sentence about an answer that was not the hoped-for one. */
export function describeAnswer(answer: WorkerAnswer, url: string): string {
  switch (answer.kind) {
    case 'ok':
      return `${url} accepts deliveries`;
    case 'not_configured':
      return `${url} has no signing secret yet`;
    case 'invalid_signature':
      return `${url} does not know this secret`;
    case 'outside_tolerance':
      return `${url} knows the secret, but this machine's clock is more than five minutes off`;
    case 'unavailable':
      return `${url} answers "Temporarily unavailable": a rotation is under way, or its queue is out`;
    case 'redirect':
      return `${url} redirects to ${answer.location}; Vast.ai never follows a redirect`;
    case 'login_page':
      return `a login page (Cloudflare Access or the like) stands in front of ${url}; Vast.ai cannot pass it`;
    case 'challenge':
      return `a bot challenge stands in front of ${url}; Vast.ai cannot solve it`;
    case 'not_the_worker':
      return `${url} answers ${answer.status}, not as this Worker does`;
    case 'unreachable':
      return `${url} cannot be reached (${answer.detail})`;
  }
}
