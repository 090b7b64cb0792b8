// Doctor's checks of the Worker, as Vast.ai sees it.
import { DEFAULT_ENDPOINT } from '../../../endpoint.ts';
import { TIMESTAMP_TOLERANCE_SECONDS } from '../../../limits.ts';
import { isPublished } from '../../../published-secrets.ts';
import type { Target } from '../../target.ts';
import type { WorkerAnswer, WorkerClient } from '../worker/worker-client.ts';
import { about, type Finding } from './finding.ts';

/** From this clock difference on, in seconds, there is a warning. */
const NOTABLE_SKEW_SECONDS = 30;

export function checkAddress({ local, url }: Target): Finding {
  const { fine, warning } = about('address');
  const { hostname, port } = new URL(url);
  if (local || isPrivateHost(hostname)) {
    const fix = 'Fine for a local Worker. Vast.ai needs a deployed one: give its public https address.';
    return warning(`${hostname} is reachable only from here`, fix);
  }
  if (port !== '') return warning(`port ${port} is unusual`, 'Check that this port is open to the internet.');
  return fine(`https, public host ${hostname}`);
}

function isPrivateHost(host: string): boolean {
  return (
    /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|0\.|\[f[cd]|\[fe80)|\.(local|internal|lan)$/.test(host) ||
    !/[.:]/.test(host)
  );
}

export async function checkHealth(worker: WorkerClient, target: Target): Promise<Finding[]> {
  const { fine, problem } = about('health');
  const answer = await worker.health();
  const finding = judged('health', answer, {
    ok: fine('the Worker answers and has a secret'),
    not_configured: problem('the Worker has no webhook secret, or only the published one', registerFix(target)),
  });
  return [finding, clockFinding(answer.clockAheadSeconds)];
}

function clockFinding(ahead: number | undefined): Finding {
  const { fine, problem, warning, skipped } = about('clock');
  if (ahead === undefined) return skipped('The answer had no date to compare with.');
  const off = Math.abs(ahead);
  const found = `this machine is ${off} s ${ahead > 0 ? 'behind' : 'ahead of'} the Worker`;
  const fix = `Set this machine’s clock (NTP): from ${TIMESTAMP_TOLERANCE_SECONDS} s on, what it signs is refused.`;
  if (off >= TIMESTAMP_TOLERANCE_SECONDS) return problem(found, fix);
  return off >= NOTABLE_SKEW_SECONDS ? warning(found, fix) : fine(`within ${NOTABLE_SKEW_SECONDS} s`);
}

/** How a delivery without a signature is answered: by the path and method that Vast.ai uses. */
export function doorFinding(answer: WorkerAnswer, target: Target): Finding {
  const { fine, problem, warning } = about('endpoint');
  const stranger = 'This is not the Worker: check where the URL leads.';
  const open = problem('it accepts a delivery without a signature', stranger);
  return judged('endpoint', answer, {
    invalid_signature: fine(`${target.url} refuses unsigned deliveries, as it must`),
    not_configured: problem(`no secret for endpoint "${target.endpoint}"`, registerFix(target)),
    unavailable: warning(
      'a rotation window is open: forgeries are answered 503 instead of 401',
      'If no rotation is running now, complete it: `webhooks rotate`.',
    ),
    ok: open,
    outside_tolerance: open,
  });
}

export async function checkSecret(worker: WorkerClient, target: Target, secret: string | undefined): Promise<Finding> {
  const { fine, problem, warning, skipped } = about('secret');
  const [name] = target.slots;
  if (!secret) return skipped(`To check it, set ${name} in the environment.`);
  if (isPublished(secret) && !target.local) {
    const fix = `A deployed Worker takes it for none. ${registerFix(target)}`;
    return problem(`${name} is a published development secret`, fix);
  }
  const again = `Store it again (\`npx wrangler secret put ${name}\`), or get a new one: \`webhooks rotate\`.`;
  const unknown = problem(`the Worker does not know the secret in ${name}`, again);
  return judged('secret', await worker.signed(secret), {
    ok: fine('the Worker accepts what this secret signs'),
    invalid_signature: unknown,
    not_configured: unknown,
    outside_tolerance: problem('right, but this machine’s clock is wrong', 'Set this machine’s clock (NTP).'),
    unavailable: warning(
      'not accepted: a rotation window is open, or the queue is down',
      'Complete the rotation (`webhooks rotate`). If none is running, see the Worker’s log.',
    ),
  });
}

/** How to give the endpoint a webhook whose secret it has. */
export function registerFix({ worker, endpoint }: Target): string {
  const named = endpoint === DEFAULT_ENDPOINT ? '' : ` --endpoint ${endpoint}`;
  return `Register: \`npm run vast -- webhooks register --url ${worker}${named} --events …\`.`;
}

type ByAnswer<Value> = Partial<Record<WorkerAnswer['kind'], Value>>;

const FIXES: ByAnswer<string> = {
  redirect: 'Use the address it redirects to, or remove the redirect rule from this path.',
  login_page: 'Exempt /webhooks/* and /health from Cloudflare Access (protect /ops alone): Vast.ai cannot log in.',
  challenge: 'Add a WAF rule that skips bot checks for /webhooks/*: Vast.ai cannot solve a challenge.',
  unreachable: 'Check the address, its DNS record and certificate, and that the Worker is deployed.',
};

/** @param own What the Worker's own answers mean; what else answers is a problem to every check. */
function judged(check: string, { kind, sentence }: WorkerAnswer, own: ByAnswer<Finding>): Finding {
  const fix = FIXES[kind] ?? 'Check the address and that the Worker is deployed there (`npm run deploy` prints it).';
  return own[kind] ?? about(check).problem(sentence, fix);
}
