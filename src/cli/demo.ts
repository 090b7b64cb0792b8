// `npm run demo`: the whole job on this machine, told as a story. The demo plays Vast.ai, a forger and a latecomer against
// the real Worker and reads from its log what became of each event. Exit code 0 only if all went as promised.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeExpected, isAsExpected } from './attack-modes.ts';
import { type Delivery, type Draft, draftDelivery, signDraft } from './delivery.ts';
import { type Scene, storyOf } from './demo-story.ts';
import { type DemoWorker, startDemoWorker } from './demo-worker.ts';
import { runCli } from './run-cli.ts';
import { type Answer, type SendFailure, send } from './send.ts';
import { targetOf } from './target.ts';

/** How long the queues may take, in milliseconds: they collect for 2 s. */
const PATIENCE_MS = 30_000;
/** The last look comes a little later: a second run of a handler would show only then. */
const SETTLE_MS = 1_000;

/** A scene after it has been played. */
interface Played {
  readonly scene: Scene;
  readonly delivery: Delivery;
  readonly answer: Answer | SendFailure;
}

const green = colour(32);
const red = colour(31);

await runCli(async () => {
  console.log('Starting the Worker on this machine: edge, queues, ledger, and handlers of which two fail.');
  const secret = randomBytes(24).toString('base64url');
  const worker = await startDemoWorker(secret);
  try {
    console.log(`It listens at ${worker.url.origin}. The demo now plays Vast.ai.\n`);
    const played = await play(worker, secret);
    await settle(played, worker);
    const failures = tell(played, worker, await worker.statuses());
    console.log(
      failures === 0
        ? green(`All ${played.length} went as promised.`)
        : red(`${failures} of ${played.length} did not go as promised.`),
    );
    if (failures === 0) console.log('Next: npm start, and in another terminal npm run trigger -- outbid');
    return failures === 0 ? 0 : 1;
  } finally {
    await worker.close();
  }
});

/** Sends every scene's delivery, one after the other. */
async function play(worker: DemoWorker, secret: string): Promise<readonly Played[]> {
  const target = targetOf(worker.url.href);
  if (!target.ok) throw new Error(target.failure);
  const sign = (draft: Draft) => signDraft(draft, secret);
  const draft = (type: string) => draftDelivery({ type, id: randomBytes(16).toString('hex'), now: Date.now() });

  const played: Played[] = [];
  for (const scene of storyOf({ draft, sign })) {
    // An id is noted just after its answer; a copy on its heels could overtake the note.
    if (played.some((earlier) => earlier.scene.draft === scene.draft)) await sleep(500);
    const delivery = await scene.make(scene.draft);
    const answer = await send(target.value.url, delivery);
    played.push({ scene, delivery, answer: answer.ok ? answer.value : answer.failure });
  }
  return played;
}

/** Waits until every promise is kept, or until patience ends. */
async function settle(played: readonly Played[], worker: DemoWorker): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const kept = async () => {
    const statuses = await worker.statuses();
    return played.every((each) => fateOf(each, worker) !== undefined && isInLedgerAsPromised(each, statuses));
  };
  while (performance.now() < deadline && !(await kept())) await sleep(100);
  await sleep(SETTLE_MS);
}

/** Prints the story and returns how many scenes differed from what was promised. */
function tell(played: readonly Played[], worker: DemoWorker, statuses: ReadonlyMap<string, string>): number {
  let failures = 0;
  for (const [index, each] of played.entries()) {
    const { scene, delivery, answer } = each;
    const answered = typeof answer === 'object' && isAsExpected(answer, scene.answer);
    const fate = fateOf(each, worker);
    console.log(`${index + 1}. ${scene.title}`);
    line('sent', `${delivery.type}, id ${delivery.id.slice(0, 8)}, ${delivery.body.byteLength} bytes`);
    line('answer', typeof answer === 'object' ? answer.summary : answer, answered, describeExpected(scene.answer));
    line('became of it', fate ?? 'not what was promised', fate !== undefined, scene.fate.promised);
    const recorded = isInLedgerAsPromised(each, statuses);
    line('ledger', statuses.get(delivery.id) ?? 'no trace', recorded, scene.status ?? 'no trace');
    console.log();
    if (!answered || fate === undefined || !recorded) failures += 1;
  }
  return failures;
}

function fateOf({ scene, delivery }: Played, worker: DemoWorker): string | undefined {
  return scene.fate.read(worker.log().filter((entry) => entry.id === delivery.id));
}

function isInLedgerAsPromised({ scene, delivery }: Played, statuses: ReadonlyMap<string, string>): boolean {
  return statuses.get(delivery.id) === scene.status;
}

function line(label: string, text: string, kept?: boolean, promised?: string): void {
  const verdict = kept === undefined ? '' : kept ? green('  ok') : red(`  DIFFERS, promised: ${promised}`);
  console.log(`   ${`${label}:`.padEnd(14)}${text}${verdict}`);
}

function colour(code: number): (text: string) => string {
  const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
  return (text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
}
