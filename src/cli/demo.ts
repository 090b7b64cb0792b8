// `npm run demo`: plays Vast.ai, a forger and a latecomer against the real Worker, and asks its
// ledger what became of each event. Exit code 0 only if all went as promised.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { styleText } from 'node:util';
import {
  ACCEPTED,
  type AttackMode,
  attackModes,
  COPY_PAUSE_MS,
  DUPLICATE,
  describeExpected,
  isAsExpected,
  planOf,
} from './attack-modes.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { columns } from './columns.ts';
import { commandLine } from './command-line.ts';
import { draftDelivery } from './delivery.ts';
import { type LocalWorker, startLocalWorker } from './local-worker.ts';
import { runCli } from './run-cli.ts';
import { type Exchange, exchange } from './send.ts';
import { targetOf } from './target.ts';
import { describeFate } from './trigger-report.ts';
import { createOutput } from './vast/terminal/output.ts';
import { realSurroundings } from './vast/terminal/real-surroundings.ts';
import { createOpsClient } from './vast/worker/ops-client.ts';
import { type Followed, follow, followedOf } from './what-became.ts';

interface Scene {
  readonly title: string;
  /** The second scene of a type sends the event of the first again. */
  readonly type: string;
  /** How it is sent, where not honestly. */
  readonly mode?: AttackMode;
  /** The status that the ledger must show for it in the end; none where nothing may be kept. */
  readonly status?: 'processed' | 'retrying' | 'dead' | 'quarantined';
}

const STORY: readonly Scene[] = [
  { title: 'An instance was outbid: a notification.', type: 'outbid', status: 'processed' },
  { title: 'Vast.ai sends the same delivery again.', type: 'outbid', status: 'processed' },
  { title: 'A resource was created: the resource dialect.', type: 'resource.created', status: 'processed' },
  { title: 'An event type that is not in the catalogue.', type: 'gpu_on_fire', status: 'processed' },
  {
    title: 'A forgery: somebody without the secret guesses a signature.',
    type: 'credit_received',
    mode: attackModes.badSignature,
  },
  {
    title: 'A genuine delivery that arrives six minutes late.',
    type: 'low_credit',
    mode: attackModes.stale,
    status: 'quarantined',
  },
  {
    title: 'An event whose handler fails because a service it calls is down.',
    type: 'instance_offline',
    status: 'retrying',
  },
  { title: 'An event whose handler gives up, because a retry cannot help.', type: 'billing_failed', status: 'dead' },
];

/** A scene after it has been played. */
interface Played extends Exchange {
  readonly scene: Scene;
}

/** What the demo's Worker runs in place of src/handlers/index.ts, which never fails. */
const HANDLERS = join(import.meta.dirname, 'demo-handlers.ts');
/** A second run of a handler would show only a little after the first. */
const SETTLE_MS = 1_000;

commandLine('npm run demo --', '')
  .description('Play Vast.ai against a Worker on this machine, and show what became of each event.')
  .parse();

await runCli(async () => {
  console.log('Starting the Worker on this machine: edge, queues, ledger, and handlers of which two fail.');
  const [secret, token] = [randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')];
  const worker = await startLocalWorker({
    secrets: { VASTAI_WEBHOOK_SECRET: secret, OPS_TOKEN: token },
    change: () => ({ alias: { './handlers/index.ts': HANDLERS, './handlers/notices.ts': HANDLERS } }),
  });
  try {
    console.log(`It listens at ${worker.url.origin}. The demo now plays Vast.ai.\n`);
    const target = targetOf(worker.url.origin);
    const played = await play(worker, secret);
    console.log('All sent. Waiting for the queues, which collect for 2 s, and for the handlers.\n');
    const surroundings = realSurroundings();
    const followed = followedOf(played, target);
    const ops = createOpsClient(surroundings, target.worker, token);
    // That it waits, and for what, has just been said.
    const output = { ...createOutput(surroundings, false), warn: () => undefined };
    const unknown = await follow(followed, ops, target, { surroundings, output });
    if (unknown !== undefined) throw new CliFailure(unknown);
    await surroundings.sleep(SETTLE_MS);
    const failures = tell(played, followed, worker);
    if (failures > 0) {
      console.log(styleText('red', `${failures} of ${played.length} did not go as promised.`));
      return EXIT.failed;
    }
    console.log(styleText('green', `All ${played.length} went as promised.`));
    console.log('Next: npm run dev, and in another terminal npm run trigger -- outbid');
    return EXIT.ok;
  } finally {
    await worker.close();
  }
});

/** Sends every scene's delivery, one after the other. */
async function play({ url }: LocalWorker, secret: string): Promise<readonly Played[]> {
  const played: Played[] = [];
  for (const scene of STORY) {
    const { type, mode = {} } = scene;
    const first = played.find((earlier) => earlier.scene.type === type)?.planned.delivery;
    const draft = first ?? draftDelivery({ type, id: randomBytes(16).toString('hex'), now: Date.now() });
    const accepted = first ? DUPLICATE : ACCEPTED;
    const pauseMs = first ? COPY_PAUSE_MS : 0;
    for (const planned of await planOf(draft, mode, { local: true, accepted, secret })) {
      played.push({ scene, ...(await exchange({ pauseMs, ...planned }, targetOf(url.origin))) });
    }
  }
  return played;
}

/** Prints the story and returns how many scenes differed from what was promised. */
function tell(played: readonly Played[], followed: readonly Followed[], worker: LocalWorker): number {
  let failures = 0;
  for (const [index, { scene, planned, answer }] of played.entries()) {
    const { id, type, body } = planned.delivery;
    const found = followed.find((each) => each.id === id);
    const runs = worker.log().filter((line) => line.id === id && line.event === 'event.processed').length;
    const answered = isAsExpected(answer, planned.expected);
    const kept = found?.row?.status === scene.status && runs === (scene.status === 'processed' ? 1 : 0);
    const became = found ? describeFate({ ...found, duplicate: answer.fields.duplicate === true }) : 'no trace';
    const promised = scene.status ? `${scene.status}, and handled once at most` : 'no trace';
    const rows = [
      ['', 'sent:', `${type}, id ${id.slice(0, 8)}, ${body.byteLength} bytes`],
      ['', 'answer:', `${answer.summary}${verdict(answered, describeExpected(planned.expected))}`],
      ['', 'ledger:', `${became}${verdict(kept, promised)}`],
    ];
    console.log(`${index + 1}. ${scene.title}\n${columns(rows).join('\n')}\n`);
    if (!answered || !kept) failures += 1;
  }
  return failures;
}

function verdict(kept: boolean, promised: string): string {
  return kept ? styleText('green', '  ok') : styleText('red', `  DIFFERS, promised: ${promised}`);
}
