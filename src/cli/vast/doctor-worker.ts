// Doctor's look at the Worker, from where Vast.ai stands: address, what is in front, health, clock, secret, recent events.
import { type Finding, fine, problem, skipped, warning } from './finding.ts';
import { describeOpsFailure, type OpsClient } from './ops-client.ts';
import { isLoopback } from './safe-base-url.ts';
import type { WebhookTarget } from './webhook-url.ts';
import { describeAnswer, type InTheWay, type WorkerAnswer, type WorkerClient } from './worker-client.ts';

/** Clock differences, in seconds: from here on worth a word, from here on deliveries are refused as stale. */
const SKEW_WORTH_A_WORD = 30;
const SKEW_TOO_MUCH = 300;
const RECENT = 50;

export function checkAddress({ url }: WebhookTarget): Finding {
  const { hostname, port, protocol } = new URL(url);
  const parsed = new URL(url);
  if (isLoopback(parsed) || isPrivateHost(hostname)) {
    return warning(
      'address',
      `${hostname} is reachable only from here`,
      'Fine for a local Worker. For Vast.ai, deploy it and give its public https address.',
    );
  }
  if (protocol !== 'https:') return problem('address', 'not https', 'Use the https:// address.');
  if (port !== '') {
    return warning('address', `port ${port} is unusual`, 'Check that this port is open to the internet.');
  }
  return fine('address', `https, public host ${hostname}`);
}

function isPrivateHost(host: string): boolean {
  return (
    /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|0\.|\[f[cd]|\[fe80)|\.(local|internal|lan)$/.test(host) ||
    !/[.:]/.test(host)
  );
}

export async function checkHealth(worker: WorkerClient, target: WebhookTarget): Promise<Finding[]> {
  const { answer, clockAheadSeconds } = await worker.health();
  return [healthFinding(answer, `${target.worker}/health`, target), clockFinding(clockAheadSeconds)];
}

function healthFinding(answer: WorkerAnswer, url: string, target: WebhookTarget): Finding {
  if (answer.kind === 'ok') return fine('health', 'the Worker answers and has a secret');
  if (answer.kind === 'not_configured') {
    return problem('health', 'the Worker has no webhook secret at all', registerCure(target));
  }
  // A delivery's answer at /health: something else answers there.
  if (answer.kind === 'invalid_signature' || answer.kind === 'outside_tolerance' || answer.kind === 'unavailable') {
    return problem(
      'health',
      `${url} does not answer as this Worker does`,
      cureOf({ kind: 'not_the_worker', status: 0 }),
    );
  }
  return problem('health', describeAnswer(answer, url), cureOf(answer));
}

function clockFinding(ahead: number | undefined): Finding {
  if (ahead === undefined) return skipped('clock', 'The Worker did not tell the time.');
  const off = Math.abs(ahead);
  const found = `this machine is ${off} s ${ahead > 0 ? 'behind' : 'ahead of'} the Worker`;
  const cure =
    'Set this machine’s clock (NTP): what it signs itself is refused from 300 s on. Deliveries by Vast.ai are not affected.';
  if (off >= SKEW_TOO_MUCH) return problem('clock', found, cure);
  return off >= SKEW_WORTH_A_WORD ? warning('clock', found, cure) : fine('clock', `within ${SKEW_WORTH_A_WORD} s`);
}

/** What a delivery without signature meets: the same path and method that Vast.ai uses. */
export async function checkDoor(worker: WorkerClient, target: WebhookTarget): Promise<Finding> {
  const { answer } = await worker.unsigned();
  switch (answer.kind) {
    case 'invalid_signature':
      return fine('endpoint', `${target.url} refuses the unsigned, as it must`);
    case 'not_configured':
      return problem('endpoint', `no secret for endpoint "${target.endpoint}"`, registerCure(target));
    case 'unavailable':
      return warning(
        'endpoint',
        'a rotation window is open: forgeries are answered 503 instead of 401',
        'If no rotation is running now, complete it: `webhooks rotate`.',
      );
    case 'ok':
    case 'outside_tolerance':
      return problem(
        'endpoint',
        'it takes a delivery without signature',
        'This is not the Worker: look what the URL leads to.',
      );
    default:
      return problem('endpoint', describeAnswer(answer, target.url), cureOf(answer));
  }
}

export async function checkSecret(
  worker: WorkerClient,
  target: WebhookTarget,
  secret: string | undefined,
): Promise<Finding> {
  const [name] = target.slots;
  if (!secret) return skipped('secret', `To have it tried, put it into the environment variable ${name}.`);
  const { answer } = await worker.signed(secret);
  switch (answer.kind) {
    case 'ok':
      return fine('secret', 'the Worker accepts what this secret signs');
    case 'invalid_signature':
    case 'not_configured':
      return problem(
        'secret',
        `the Worker does not know the secret in ${name}`,
        `Store it again (\`npx wrangler secret put ${name}\`), or get a new one: \`webhooks rotate\`.`,
      );
    case 'outside_tolerance':
      return problem('secret', 'right, but signed with a wrong time', 'Set this machine’s clock (NTP).');
    case 'unavailable':
      return warning(
        'secret',
        'not accepted: a rotation window is open, or the queue is out',
        'Complete the rotation (`webhooks rotate`); if none is running, look at the Worker’s log.',
      );
    default:
      return problem('secret', describeAnswer(answer, target.url), cureOf(answer));
  }
}

export async function checkRecent(ops: OpsClient | undefined): Promise<Finding> {
  if (!ops) return skipped('deliveries', 'To have the ledger read, put the ops token into OPS_TOKEN.');
  const recent = await ops.recent(RECENT);
  if (!recent.ok) {
    return warning(
      'deliveries',
      describeOpsFailure(recent.failure),
      'Set it with `npx wrangler secret put OPS_TOKEN`.',
    );
  }
  const counts = new Map<string, number>();
  for (const { status } of recent.value) counts.set(status, (counts.get(status) ?? 0) + 1);
  const summary = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  if (counts.size === 0) {
    return warning('deliveries', 'none yet', 'Have one sent: `webhooks test <id>`.');
  }
  if (counts.has('dead') || counts.has('quarantined')) {
    return warning(
      'deliveries',
      `of the last ${recent.value.length}: ${summary}`,
      'Look at them on /ops and replay what is worth it.',
    );
  }
  return fine('deliveries', `of the last ${recent.value.length}: ${summary}`);
}

function registerCure({ worker, endpoint }: WebhookTarget): string {
  const named = endpoint === 'default' ? '' : ` --endpoint ${endpoint}`;
  return `Register: \`npm run vast -- webhooks register --url ${worker}${named} --events …\`.`;
}

function cureOf(answer: InTheWay): string {
  switch (answer.kind) {
    case 'redirect':
      return 'Give the address that it leads to, or take the redirect rule off this path: Vast.ai counts a redirect as a permanent failure.';
    case 'login_page':
      return 'Take /webhooks/* and /health out of Cloudflare Access (protect /ops alone): Vast.ai cannot log in.';
    case 'challenge':
      return 'Add a WAF rule that skips bot checks for /webhooks/*: Vast.ai cannot solve a challenge.';
    case 'not_the_worker':
      return 'Check the address and that the Worker is deployed there (`npm run deploy` prints it).';
    case 'unreachable':
      return 'Check the address, its DNS record and certificate, and that the Worker is deployed.';
  }
}
