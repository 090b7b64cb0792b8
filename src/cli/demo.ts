// `npm run demo`: plays Vast.ai, a forger and a latecomer against the real Worker, and reads in its
// log what became of each event. Exit code 0 only if all went as promised.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { describeExpected, isAsExpected } from './attack-modes.ts';
import { EXIT } from './cli-failure.ts';
import { columns } from './columns.ts';
import { commandLine } from './command-line.ts';
import { type Delivery, type Draft, draftDelivery, signDraft } from './delivery.ts';
import { type Scene, storyOf } from './demo-story.ts';
import { type LocalWorker, startLocalWorker } from './local-worker.ts';
import { runCli } from './run-cli.ts';
import { type Answer, type SendFailure, send } from './send.ts';
import { targetOf } from './target.ts';

/** How long the queues may take, in milliseconds: they collect for 2 s. */
const PATIENCE_MS = 30_000;
/** The last look comes a little later: only then would a handler's second run show. */
const SETTLE_MS = 1_000;

/** A scene after it has been played. */
interface Played {
  readonly scene: Scene;
  readonly delivery: Delivery;
  readonly answer: Answer | SendFailure;
}

/** What the demo's Worker runs in place of src/handlers/index.ts, which never fails. */
const HANDLERS = join(import.meta.dirname, 'demo-handlers.ts');

commandLine('npm run demo --', '')
  .description('Play Vast.ai against a Worker on this machine, and show what became of each event.')
  .parse();

await runCli(async () => {
  console.log('Starting the Worker on this machine: edge, queues, ledger, and handlers of which two fail.');
  const secret = randomBytes(24).toString('base64url');
  const worker = await startLocalWorker({
    secrets: { VASTAI_WEBHOOK_SECRET: secret },
    change: () => ({ alias: { './handlers/index.ts': HANDLERS, './handlers/notices.ts': HANDLERS } }),
  });
  try {
    console.log(`It listens at ${worker.url.origin}. The demo now plays Vast.ai.\n`);
    const played = await play(worker, secret);
    console.log('All sent. Waiting for the queues, which collect for 2 s, and for the handlers.\n');
    await settle(played, worker);
    const failures = tell(played, worker, await statusesIn(worker));
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
async function play(worker: LocalWorker, secret: string): Promise<readonly Played[]> {
  const { url } = targetOf(worker.url.href);
  const sign = (draft: Draft) => signDraft(draft, secret);
  const draft = (type: string) => draftDelivery({ type, id: randomBytes(16).toString('hex'), now: Date.now() });

  const played: Played[] = [];
  for (const scene of storyOf({ draft, sign })) {
    // An id is noted just after its answer: a copy sent at once could arrive before the note.
    if (played.some((earlier) => earlier.scene.draft === scene.draft)) await sleep(500);
    const delivery = await scene.make(scene.draft);
    const answer = await send(url, delivery);
    played.push({ scene, delivery, answer: answer.ok ? answer.value : answer.failure });
  }
  return played;
}

/** Waits until every promise is kept, or until patience ends. */
async function settle(played: readonly Played[], worker: LocalWorker): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const kept = async () => {
    const statuses = await statusesIn(worker);
    return played.every((each) => fateOf(each, worker) !== undefined && isInLedgerAsPromised(each, statuses));
  };
  while (performance.now() < deadline && !(await kept())) await sleep(100);
  await sleep(SETTLE_MS);
}

/** Prints the story and returns how many scenes differed from what was promised. */
function tell(played: readonly Played[], worker: LocalWorker, statuses: ReadonlyMap<string, string>): number {
  let failures = 0;
  for (const [index, each] of played.entries()) {
    const { scene, delivery, answer } = each;
    const answered = typeof answer === 'object' && isAsExpected(answer, scene.answer);
    const fate = fateOf(each, worker);
    const recorded = isInLedgerAsPromised(each, statuses);
    const rows: [label: string, text: string, kept?: boolean, promised?: string][] = [
      ['sent:', `${delivery.type}, id ${delivery.id.slice(0, 8)}, ${delivery.body.byteLength} bytes`],
      ['answer:', typeof answer === 'object' ? answer.summary : answer, answered, describeExpected(scene.answer)],
      ['outcome:', fate ?? 'not as promised', fate !== undefined, scene.fate.promised],
      ['ledger:', statuses.get(delivery.id) ?? 'no trace', recorded, scene.status ?? 'no trace'],
    ];
    console.log(`${index + 1}. ${scene.title}`);
    const lines = columns(rows.map(([label, text, ...judged]) => ['', label, `${text}${verdict(...judged)}`]));
    console.log(`${lines.join('\n')}\n`);
    if (!answered || fate === undefined || !recorded) failures += 1;
  }
  return failures;
}

function fateOf({ scene, delivery }: Played, worker: LocalWorker): string | undefined {
  return scene.fate.read(worker.log().filter((entry) => entry.id === delivery.id));
}

function isInLedgerAsPromised({ scene, delivery }: Played, statuses: ReadonlyMap<string, string>): boolean {
  return statuses.get(delivery.id) === scene.status;
}

function verdict(kept?: boolean, promised?: string): string {
  if (kept === undefined) return '';
  return kept ? styleText('green', '  ok') : styleText('red', `  DIFFERS, promised: ${promised}`);
}

/** The ledger: each event's status, by id. */
async function statusesIn({ server }: LocalWorker): Promise<ReadonlyMap<string, string>> {
  const ledger = await server.getWorker().getDurableObjectStorage('LEDGER', { name: 'events' });
  const rows = (await ledger.exec('SELECT id, status FROM events')) as { id: string; status: string }[];
  return new Map(rows.map(({ id, status }) => [id, status]));
}
