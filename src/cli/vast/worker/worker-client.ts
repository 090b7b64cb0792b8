// What a Worker answers, seen from outside, or what answers in front of it.
//
// The signed probe shows whether the Worker knows a secret. It is a genuine `webhook_test` with a
// fixed id per endpoint: a duplicate after the first time, so that it runs a handler once in the
// ledger's 30 days. A stale or unreadable delivery would tell as much, but notify somebody.
import { TEST_TYPE } from '../../../event/catalogue.ts';
import { ask, type ServerAnswer, whyNoAnswer } from '../../../vast/ask.ts';
import { oneLine } from '../../../vast/harmless.ts';
import { draftDelivery, signDraft } from '../../delivery.ts';
import type { Target } from '../../target.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TIMEOUT_MS = 15_000;

/** `detail`: where a redirect leads, a stranger's status, why there was no connection; or empty. */
export interface WorkerAnswer {
  readonly kind: keyof typeof SENTENCES;
  readonly detail: string;
}

/** Each kind of answer in one sentence. */
const SENTENCES = {
  ok: (url: string) => `${url} accepts deliveries`,
  /** `/health`: no webhook secret is set. A delivery: none for this endpoint. */
  not_configured: (url: string) => `${url} has no signing secret yet`,
  invalid_signature: (url: string) => `${url} does not know this secret`,
  outside_tolerance: (url: string) => `${url} knows the secret, but this machine's clock is more than five minutes off`,
  /** A rotation window is open and the signature matches nothing, or the Worker's queue is down. */
  unavailable: (url: string) => `${url} is temporarily unavailable: a rotation is under way, or its queue is down`,
  // Something other than this Worker answered, or nothing did.
  redirect: (url: string, to: string) => `${url} redirects to ${to}; Vast.ai never follows a redirect`,
  login_page: (url: string) => `a login page (such as Cloudflare Access) is in front of ${url}; Vast.ai cannot pass it`,
  challenge: (url: string) => `a bot challenge is in front of ${url}; Vast.ai cannot solve it`,
  not_the_worker: (url: string, status: string) => `${url} answers ${status}, not as this Worker does`,
  unreachable: (url: string, why: string) => `${url} cannot be reached (${why})`,
};

/** The Worker's own answers, known by status and body: a stranger's 401 or 503 is not ours. */
const OWN_ANSWERS: Readonly<Record<string, WorkerAnswer['kind']>> = {
  '200 ok': 'ok',
  '200 received': 'ok',
  '503 unconfigured': 'not_configured',
  '503 Not configured': 'not_configured',
  '503 Temporarily unavailable': 'unavailable',
  '401 Invalid signature': 'invalid_signature',
  '401 Timestamp outside tolerance': 'outside_tolerance',
};

/** One sentence about an answer, for people. */
export function describeAnswer({ kind, detail }: WorkerAnswer, url: string): string {
  return SENTENCES[kind](url, detail);
}

export interface WorkerReply {
  readonly answer: WorkerAnswer;
  /** The Worker's clock less ours, in seconds, where its answer has a date. */
  readonly clockAheadSeconds?: number | undefined;
}

export type WorkerClient = ReturnType<typeof createWorkerClient>;

export const PROBE_ID_PREFIX = 'vastai-webhook-worker-probe-';
const PROBE = {
  subject: 'Signature probe',
  message: 'Sent by `npm run vast` to learn whether the Worker knows its secret. Nothing happened at Vast.ai.',
};

export function createWorkerClient({ fetch, now }: Surroundings, target: Target) {
  return {
    health: () => reply(`${target.worker}/health`, {}),
    /** Unsigned: shows whether the endpoint has a secret, and whether a window is open. */
    unsigned: () => reply(target.url, { method: 'POST', body: '{}' }),
    /** A genuine delivery signed with `secret`: `ok` if the Worker knows it. */
    signed: async (secret: string) => {
      const id = `${PROBE_ID_PREFIX}${target.endpoint}`;
      const draft = draftDelivery({ type: TEST_TYPE, id, now: now(), data: PROBE });
      const { body, headers } = await signDraft(draft, secret);
      return reply(target.url, { method: 'POST', body, headers });
    },
  };

  async function reply(url: string, init: RequestInit): Promise<WorkerReply> {
    const sentAt = now();
    const got = await ask(fetch, url, init, TIMEOUT_MS);
    if (!got.ok) return { answer: { kind: 'unreachable', detail: whyNoAnswer(got.failure) } };
    return { answer: read(got.value), clockAheadSeconds: clockAhead(got.value, (sentAt + now()) / 2) };
  }
}

function read({ status, header, text, json }: ServerAnswer): WorkerAnswer {
  const said = json?.received === true ? 'received' : (json?.status ?? json?.error);
  const own = OWN_ANSWERS[`${status} ${said}`];
  if (own) return { kind: own, detail: '' };
  const location = header('location') ?? '';
  const redirects = status >= 300 && status < 400;
  if (redirects && !isLogin(location)) return { kind: 'redirect', detail: oneLine(location) };
  if (header('cf-mitigated') !== undefined) return { kind: 'challenge', detail: '' };
  if (redirects || isLogin(text)) return { kind: 'login_page', detail: '' };
  if (/challenge-platform|cf-chl|Just a moment/.test(text)) return { kind: 'challenge', detail: '' };
  return { kind: 'not_the_worker', detail: String(status) };
}

function isLogin(text: string): boolean {
  return /cloudflareaccess\.com|\/cdn-cgi\/access\/|<input[^>]+type=["']?password/i.test(text);
}

/** The Date header has whole seconds, so half of one is added. */
function clockAhead({ header }: ServerAnswer, localMs: number): number | undefined {
  const told = Date.parse(header('date') ?? '');
  return Number.isNaN(told) ? undefined : Math.round((told + 500 - localMs) / 1000);
}
