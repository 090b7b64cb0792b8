// What a Worker answers, seen from outside, or what answers in front of it.
//
// The signed probe shows whether the Worker knows a secret. It is a genuine `webhook_test` with a
// fixed id per endpoint: a duplicate after the first time, so that it runs a handler once in the
// ledger's 30 days. A stale or unreadable delivery would tell as much, but notify somebody.
import { TEST_TYPE } from '../../../event/catalogue.ts';
import { ask, type ServerAnswer, whyNoAnswer } from '../../../vast/ask.ts';
import { oneLine } from '../../../vast/harmless.ts';
import { CliFailure } from '../../cli-failure.ts';
import { draftDelivery, signDraft } from '../../delivery.ts';
import type { Target } from '../../target.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TIMEOUT_MS = 15_000;

export interface WorkerAnswer {
  readonly kind: keyof typeof SENTENCES;
  /** For people. */
  readonly sentence: string;
  /** The Worker's clock less ours, in seconds, where its answer has a date. */
  readonly clockAheadSeconds: number | undefined;
}

/** Each kind of answer in one sentence; some need a detail. */
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

type OwnAnswers = Readonly<Record<string, WorkerAnswer['kind']>>;

/** The Worker's own answers, known by status and body: a stranger's 401 or 503 is not ours. */
const TO_HEALTH: OwnAnswers = { '200 ok': 'ok', '503 unconfigured': 'not_configured' };
const TO_DELIVERY: OwnAnswers = {
  '200 received': 'ok',
  '503 Not configured': 'not_configured',
  '503 Temporarily unavailable': 'unavailable',
  '401 Invalid signature': 'invalid_signature',
  '401 Timestamp outside tolerance': 'outside_tolerance',
};

export type WorkerClient = ReturnType<typeof createWorkerClient>;

export const PROBE_ID_PREFIX = 'vastai-webhook-worker-probe-';
const PROBE = {
  subject: 'Signature probe',
  message: 'Sent by `npm run vast` to learn whether the Worker knows its secret. Nothing happened at Vast.ai.',
};

export function createWorkerClient({ fetch, now }: Surroundings, target: Target) {
  return {
    health: () => reply(`${target.worker}/health`, {}, TO_HEALTH),
    /** Unsigned: shows whether the endpoint has a secret, and whether a window is open. */
    unsigned: () => reply(target.url, { method: 'POST', body: '{}' }, TO_DELIVERY),
    /** A genuine delivery signed with `secret`: `ok` if the Worker knows it. */
    signed: async (secret: string) => {
      const id = `${PROBE_ID_PREFIX}${target.endpoint}`;
      const draft = draftDelivery({ type: TEST_TYPE, id, now: now(), data: PROBE });
      const { body, headers } = await signDraft(draft, secret);
      return reply(target.url, { method: 'POST', body, headers }, TO_DELIVERY);
    },
  };

  async function reply(url: string, init: RequestInit, own: OwnAnswers): Promise<WorkerAnswer> {
    const sentAt = now();
    const got = await ask(fetch, url, init, TIMEOUT_MS);
    const [kind, detail = '']: Read = got.ok ? read(got.value, own) : ['unreachable', whyNoAnswer(got.failure)];
    const clockAheadSeconds = got.ok ? clockAhead(got.value, (sentAt + now()) / 2) : undefined;
    return { kind, sentence: SENTENCES[kind](url, detail), clockAheadSeconds };
  }
}

type Read = [kind: WorkerAnswer['kind'], detail?: string];

function read({ status, header, text, json }: ServerAnswer, own: OwnAnswers): Read {
  const said = json?.received === true ? 'received' : (json?.status ?? json?.error);
  const kind = own[`${status} ${said}`];
  if (kind) return [kind];
  const location = header('location');
  const redirects = status >= 300 && status < 400;
  if (redirects && !isLogin(location)) return ['redirect', oneLine(location)];
  if (header('cf-mitigated') !== '') return ['challenge'];
  if (redirects || isLogin(text)) return ['login_page'];
  if (/challenge-platform|cf-chl|Just a moment/.test(text)) return ['challenge'];
  return ['not_the_worker', String(status)];
}

/** Whether the endpoint has a secret. @throws CliFailure unless it is this Worker that answers. */
export async function hasSecret(worker: WorkerClient): Promise<boolean> {
  const health = await worker.health();
  const door = health.kind === 'ok' || health.kind === 'not_configured' ? await worker.unsigned() : health;
  if (door.kind === 'not_configured') return false;
  if (door.kind === 'invalid_signature' || door.kind === 'unavailable') return true;
  throw new CliFailure(`${door.sentence}. \`doctor\` says what to do about it.`);
}

function isLogin(text: string): boolean {
  return /cloudflareaccess\.com|\/cdn-cgi\/access\/|<input[^>]+type=["']?password/i.test(text);
}

/** The Date header has whole seconds, so half of one is added. */
function clockAhead({ header }: ServerAnswer, localMs: number): number | undefined {
  const told = Date.parse(header('date'));
  return Number.isNaN(told) ? undefined : Math.round((told + 500 - localMs) / 1000);
}
