// `npm run trigger` against a fake Worker, inside this process. What is sent is checked with
// node:crypto, not with our own signer.
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ACCEPTED, attackModes, isAsExpected, planOf } from '../../../src/cli/attack-modes.ts';
import { draftDelivery } from '../../../src/cli/delivery.ts';
import { eventTypes } from '../../../src/event/catalogue.ts';
import { type FakeAnswer, type FakeRow, fakeWorker, type Ledger, type Received } from './fake-worker.ts';
import { type Ended, runTriggerHere } from './run-trigger-here.ts';

const SECRET = 'a-secret-of-the-tests';

const RECEIVED: FakeAnswer = { status: 200, body: { received: true } };
const DUPLICATE: FakeAnswer = { status: 200, body: { received: true, duplicate: true } };
const INVALID_SIGNATURE: FakeAnswer = { status: 401, body: { error: 'Invalid signature' } };
const OUTSIDE_TOLERANCE: FakeAnswer = { status: 401, body: { error: 'Timestamp outside tolerance' } };
const TOO_LARGE: FakeAnswer = { status: 413, body: { error: 'Payload too large' } };
const INVALID_EVENT: FakeAnswer = { status: 400, body: { error: 'Invalid event', issues: ['body must be UTF-8'] } };

/**
 * Runs the command against a Worker that gives these answers in turn, the last one from then on.
 */
async function trigger(args: readonly string[], ...answers: [FakeAnswer, ...FakeAnswer[]]) {
  await using worker = await fakeWorker((_, index) => answers[index] ?? answers[answers.length - 1] ?? RECEIVED);
  const ended = await runTriggerHere([...args, '--url', worker.url], { env: { VASTAI_WEBHOOK_SECRET: SECRET } });
  return { ...ended, received: worker.received };
}

function only(received: readonly Received[]): Received {
  expect(received).toHaveLength(1);
  return received[0] as Received;
}

function macOf({ headers, body }: Received): string {
  const timestamp = headers['x-vast-timestamp'] ?? headers['x-vastai-timestamp'];
  return createHmac('sha256', SECRET).update(`${timestamp}.`).update(body).digest('hex');
}

function ageOf({ headers }: Received): number {
  return Date.now() / 1000 - Number(headers['x-vast-timestamp']);
}

const lowerCased = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const processed: Ledger = () => ({ status: 'processed', attempts: 1 });

const jsonOf = ({ body }: Received) => JSON.parse(body.toString('utf8'));

describe('an honest delivery', () => {
  it('is a signed notification with the provider’s headers', async () => {
    const { code, received } = await trigger(['outbid'], RECEIVED);
    const delivery = only(received);
    expect(code).toBe(0);
    expect(delivery.path).toBe('/webhooks/vastai');
    expect(delivery.headers['x-vast-signature-256']).toBe(`sha256=${macOf(delivery)}`);
    expect(delivery.headers['x-vast-event-id']).toBe(jsonOf(delivery).event_id);
    expect(delivery.headers['x-vast-delivery-attempt']).toBe('1');
    expect(delivery.headers['user-agent']).toContain('vastai-webhook-worker');
    expect(jsonOf(delivery).notif_type).toBe('outbid');
  });

  it('speaks the resource dialect for a resource type', async () => {
    const { received } = await trigger(['resource.updated'], RECEIVED);
    const delivery = only(received);
    expect(delivery.headers['x-vastai-signature']).toBe(macOf(delivery));
    expect(delivery.headers['x-vast-signature-256']).toBeUndefined();
    expect(jsonOf(delivery).type).toBe('resource.updated');
  });

  it('may be of a type that nobody knows', async () => {
    const { code, received } = await trigger(['gpu_on_fire'], RECEIVED);
    expect(code).toBe(0);
    expect(jsonOf(only(received)).notif_type).toBe('gpu_on_fire');
  });

  it('sends a body of one’s own byte for byte, in the dialect that it is given', async () => {
    const body = '{"type":"test", "data":{}}';
    const { code, received } = await trigger(['test', '--dialect', 'resource', '--body', body], RECEIVED);
    const delivery = only(received);
    expect(code).toBe(0);
    expect(delivery.body.toString('utf8')).toBe(body);
    expect(delivery.headers['x-vastai-signature']).toBe(macOf(delivery));
  });

  it('is in the other dialect where that is asked for', async () => {
    const { received } = await trigger(['outbid', '--dialect', 'resource'], RECEIVED);
    expect(jsonOf(only(received))).toMatchObject({ type: 'outbid', data: {} });
  });

  it('is not sent where its body says another type', async () => {
    const { code, stderr, received } = await trigger(
      ['outbid', '--body', '{"event_id":"e","notif_type":"low_credit"}'],
      RECEIVED,
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--body is of type "low_credit", not "outbid"');
    expect(received).toEqual([]);
  });

  it('may have a body that is no event, and then deserves a 400', async () => {
    const { code } = await trigger(['outbid', '--body', 'nonsense'], INVALID_EVENT);
    expect(code).toBe(0);
  });

  it('carries the id and the fields that it is given', async () => {
    const { received } = await trigger(
      ['outbid', '--id', 'my-id', '--data', '{"message":"Hello","extra":1}'],
      RECEIVED,
    );
    expect(jsonOf(only(received))).toMatchObject({ event_id: 'my-id', message: 'Hello', extra: 1 });
  });

  it('goes to the named endpoint, signed with that endpoint’s secret', async () => {
    await using worker = await fakeWorker(() => RECEIVED);
    const env = { VASTAI_WEBHOOK_SECRET: 'another', VASTAI_WEBHOOK_SECRET_HOST: SECRET };
    const args = ['machine_offline', '--endpoint', 'host', '--url', worker.url];
    const { code } = await runTriggerHere(args, { env });
    const delivery = only(worker.received);
    expect(code).toBe(0);
    expect(delivery.path).toBe('/webhooks/vastai/host');
    expect(delivery.headers['x-vast-signature-256']).toBe(`sha256=${macOf(delivery)}`);
  });

  it('goes to the default endpoint by its name', async () => {
    const { code, received } = await trigger(['outbid', '--endpoint', 'default'], RECEIVED);
    expect(code).toBe(0);
    expect(only(received).path).toBe('/webhooks/vastai');
  });

  it('is sent as often as asked, each time as a new event', async () => {
    const { code, received } = await trigger(['outbid', '--count', '12', '--concurrency', '4'], RECEIVED);
    expect(code).toBe(0);
    expect(new Set(received.map((each) => jsonOf(each).event_id)).size).toBe(12);
  });

  it('shows what was sent and what came back', async () => {
    const { stdout } = await trigger(['outbid', '--id', 'shown-id'], RECEIVED);
    expect(stdout).toContain('shown-id');
    expect(stdout).toContain('200 {"received":true}');
  });

  it.each([
    ['a refusal', INVALID_SIGNATURE],
    ['a failure', { status: 500, body: { error: 'Internal error' } }],
    ['a duplicate of an id that is new', DUPLICATE],
    ['a redirect', { status: 307, body: {} }],
  ])('ends with exit code 1 on %s', async (_, answer) => {
    const { code, stdout } = await trigger(['outbid'], answer);
    expect(code).toBe(1);
    expect(stdout).toContain('EXPECTED 200');
  });

  it('ends with exit code 1 when one of many answers is wrong', async () => {
    const { code, stdout } = await trigger(['outbid', '--count', '8'], RECEIVED, INVALID_SIGNATURE, RECEIVED);
    expect(code).toBe(1);
    expect(stdout).toMatch(/1 x .*401/);
  });

  it('accepts that an id of one’s own choosing is known already', async () => {
    const { code } = await trigger(['outbid', '--id', 'known'], DUPLICATE);
    expect(code).toBe(0);
  });
});

describe('a type that is not in the catalogue', () => {
  it('is not sent where it looks like a typing error', async () => {
    const { code, stdout, stderr, received } = await trigger(['outbd'], RECEIVED);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'error: unknown type "outbd", nothing was sent. Did you mean outbid? (--force sends it as it is)\n',
    );
    expect(stdout).toBe('');
    expect(received).toEqual([]);
  });

  it('is sent all the same with --force', async () => {
    const { code, received } = await trigger(['outbd', '--force'], RECEIVED);
    expect(code).toBe(0);
    expect(jsonOf(only(received)).notif_type).toBe('outbd');
  });

  it('is sent, and named as unknown, where it resembles none', async () => {
    const { code, stderr, received } = await trigger(['gpu_on_fire'], RECEIVED);
    expect(code).toBe(0);
    expect(stderr).toContain('Note: "gpu_on_fire" is not in the catalogue');
    expect(received).toHaveLength(1);
  });
});

describe('--print', () => {
  /** Runs what was printed in a real shell, with a `curl` that shows its arguments. */
  async function argumentsOf(printed: string): Promise<string[][]> {
    const { stdout } = await promisify(execFile)('sh', ['-c', `curl() { printf '%s\\0' "$@" END; }\n${printed}`]);
    const calls = stdout.split('END\0').slice(0, -1);
    return calls.map((call) => call.split('\0').slice(0, -1));
  }

  it('sends nothing, and shows a signed delivery that any shell can send', async () => {
    const body = '@{"event_id":"it\'s", "notif_type":"outbid", "message":"$HOME `x` \\\\ \\"é\\""} \n';
    const { code, stdout, stderr, received } = await trigger(['outbid', '--print', '--body', body], RECEIVED);
    expect({ code, stderr, received }).toEqual({ code: 0, stderr: '', received: [] });
    const [[url, ...options] = []] = await argumentsOf(stdout);
    expect(url).toMatch(/\/webhooks\/vastai$/);
    const headers = options.flatMap((each, index) => (options[index - 1] === '--header' ? [each.split(': ')] : []));
    const sent = {
      path: '',
      headers: lowerCased(Object.fromEntries(headers)),
      body: Buffer.from(options.at(-1) ?? ''),
    };
    expect(options.at(-2)).toBe('--data-raw');
    expect(sent.body.toString('utf8')).toBe(body);
    expect(sent.headers['x-vast-signature-256']).toBe(`sha256=${macOf(sent)}`);
    expect(sent.headers['content-type']).toBe('application/json');
  });

  it('shows every delivery of an attack, and as many as are asked for', async () => {
    const { stdout } = await trigger(['outbid', '--print', '--duplicate', '--count', '2'], RECEIVED);
    expect(await argumentsOf(stdout)).toHaveLength(4);
  });

  it('refuses a body that is no text', async () => {
    const { code, stderr } = await trigger(['outbid', '--print', '--bad-utf8'], RECEIVED);
    expect(code).toBe(2);
    expect(stderr).toContain('--bad-utf8');
  });
});

describe('what became of it', () => {
  /** Runs the command against a Worker whose ledger shows these rows. */
  async function follow(args: readonly string[], ledger: Ledger, answers: readonly FakeAnswer[] = [RECEIVED]) {
    await using worker = await fakeWorker((_, index) => answers[index] ?? RECEIVED, ledger);
    return await runTriggerHere([...args, '--url', worker.url]);
  }
  const failing: FakeRow = { status: 'retrying', attempts: 1, lastError: 'Error: no (at outbid index.js:7:9)' };

  it('is that it was processed, once its message has been through the queue', async () => {
    const states = [undefined, { status: 'processing' }, { status: 'processed', attempts: 1 }];
    const { code, stdout } = await follow(['outbid', '--id', 'e'], (_, asked) => states[Math.min(asked, 3) - 1]);
    expect(stdout).toContain('=> id e: processed\n');
    expect(code).toBe(0);
  });

  it('is that its handler failed, with its error and the next try: exit code 1', async () => {
    const row = { ...failing, dueAt: Date.now() + 5_000 + 8_500 };
    const { code, stdout } = await follow(['outbid', '--id', 'e'], () => row);
    expect(stdout).toMatch(
      /=> id e: retrying, try 1 FAILED: Error: no \(at outbid index\.js:7:9\) \(next try in [5-9] s\)/,
    );
    expect(code).toBe(1);
  });

  it('is that it was given up: exit code 1', async () => {
    const dead = { status: 'dead', attempts: 1, lastError: 'PermanentFailure: no such account' };
    const { code, stdout } = await follow(['outbid'], () => dead);
    expect(stdout).toContain('dead, try 1 FAILED for good: PermanentFailure: no such account');
    expect(code).toBe(1);
  });

  it('is counted where there are many', async () => {
    const ids = new Set<string>();
    const two = (id: string) => ids.add(id).size > 2 && ![...ids].slice(0, 2).includes(id);
    const { code, stdout } = await follow(['outbid', '--count', '20', '--concurrency', '4'], (id) =>
      two(id) ? failing : { status: 'processed', attempts: 1 },
    );
    expect(stdout).toContain(' 2 x  => processed\n');
    expect(stdout).toContain('18 x  => retrying, try 1 FAILED: Error: no (at outbid index.js:7:9)\n');
    expect(code).toBe(1);
  });

  it('is told once of a duplicate', async () => {
    const { code, stdout } = await follow(['outbid', '--duplicate', '--id', 'e'], processed, [RECEIVED, DUPLICATE]);
    expect(stdout.match(/=>.*/g)).toEqual(['=> id e: duplicate, not run again: processed']);
    expect(code).toBe(0);
  });

  it('is that a stale delivery was kept, as it should be', async () => {
    const kept = { status: 'quarantined', refusalReason: 'timestamp_stale' };
    const { code, stdout } = await follow(['outbid', '--stale'], () => kept, [OUTSIDE_TOLERANCE]);
    expect(stdout).toContain('quarantined (timestamp_stale): kept, no handler runs');
    expect(code).toBe(0);
  });

  it('is nothing where an unproven delivery was refused', async () => {
    const { code, stdout } = await follow(['outbid', '--bad-signature'], () => undefined, [INVALID_SIGNATURE]);
    expect(stdout).toContain('=> nothing was kept');
    expect(code).toBe(0);
  });

  it('is found for a body without an id, and for one that is no event', async () => {
    const resource = ['test', '--dialect', 'resource', '--body', '{"type":"test","data":{}}'];
    expect((await follow(resource, processed)).stdout).toMatch(/=> id sha256:[0-9a-f]{64}: processed/);
    const nonsense = await follow(['outbid', '--body', 'nonsense'], processed, [INVALID_EVENT]);
    expect(nonsense.stdout).toMatch(/=> id sha256:[0-9a-f]{64}: processed/);
  });

  it('is not known after a minute: exit code 1', async () => {
    const { code, stdout } = await follow(['outbid'], () => undefined);
    expect(stdout).toContain('NOT finished: the ledger does not know it');
    expect(code).toBe(1);
  });

  it('has no control characters, whatever the error says', async () => {
    const { stdout } = await follow(['outbid'], () => ({ ...failing, lastError: 'a\u001b[31mb\u202e\nc' }));
    expect(stdout).toContain('FAILED: a�[31mb� c');
    for (const hidden of ['\u001b', '\u202e']) expect(stdout).not.toContain(hidden);
  });

  it('is not asked with --no-wait', async () => {
    const { code, stdout } = await follow(['outbid', '--no-wait'], () => failing);
    expect(stdout).not.toContain('=>');
    expect(code).toBe(0);
  });

  it('cannot be told without the right token, which is said', async () => {
    await using worker = await fakeWorker(() => RECEIVED);
    const { code, stderr } = await runTriggerHere(['outbid', '--url', worker.url], { env: { OPS_TOKEN: 'wrong' } });
    expect(stderr).toContain('what became of it is not known: the Worker does not accept this OPS_TOKEN');
    expect(code).toBe(1);
  });

  it.each([
    ['without a token', 'https://worker.invalid', {}, 'OPS_TOKEN'],
    ['over plain http', 'http://worker.invalid', { OPS_TOKEN: 'a' }, 'https://'],
  ])('is not asked elsewhere %s: nothing is sent', async (_, url, token, words) => {
    const env = { VASTAI_WEBHOOK_SECRET: SECRET, ...token };
    const { code, stdout, stderr } = await runTriggerHere(['outbid', '--wait', '--url', url], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe('the secret of a Worker elsewhere', () => {
  const elsewhere = ['outbid', '--print', '--url', 'https://worker.invalid'];

  it('is asked for at a terminal', async () => {
    const { code, stdout } = await runTriggerHere(elsewhere, { askHidden: async () => SECRET });
    expect(code).toBe(0);
    expect(stdout).toContain('curl ');
    expect(stdout).not.toContain(SECRET);
  });

  it('may not stand on the command line', async () => {
    const { code, stdout, stderr } = await runTriggerHere([...elsewhere, '--secret', SECRET]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: --secret .*VASTAI_WEBHOOK_SECRET.*\n$/);
    expect(stderr).not.toContain(SECRET);
  });

  it('is warned of where it has white space at an end', async () => {
    const { code, stderr } = await runTriggerHere(elsewhere, { env: { VASTAI_WEBHOOK_SECRET: `${SECRET}\n` } });
    expect(code).toBe(0);
    expect(stderr).toContain('white space');
  });
});

describe('the attack modes', () => {
  it.each([
    ['duplicate', true, 1],
    ['duplicate', false, 2],
    ['headerId', true, 1],
    ['headerId', false, 2],
  ] as const)('expects of the copy of %s (at a Worker on this machine: %s) %i answers', async (mode, local, count) => {
    const draft = draftDelivery({ type: 'outbid', id: 'one', now: 0 });
    const [, copy] = await planOf(draft, attackModes[mode], { local, accepted: ACCEPTED, secret: 'a-secret' });
    const answers = [{ received: true, duplicate: true }, { received: true }];
    const fine = answers.filter((fields) => copy && isAsExpected({ status: 200, fields }, copy.expected));
    expect(fine).toEqual(answers.slice(0, count));
  });

  it.each([
    ['--stale', [OUTSIDE_TOLERANCE]],
    ['--future', [OUTSIDE_TOLERANCE]],
    ['--bad-signature', [INVALID_SIGNATURE]],
    ['--duplicate', [RECEIVED, DUPLICATE]],
    ['--oversize', [TOO_LARGE]],
    ['--bad-utf8', [INVALID_EVENT]],
    ['--header-id', [RECEIVED, DUPLICATE]],
  ] as [string, [FakeAnswer, ...FakeAnswer[]]][])('%s is satisfied by the right answers', async (mode, answers) => {
    expect((await trigger(['outbid', mode], ...answers)).code).toBe(0);
  });

  it.each([
    ['--stale', INVALID_SIGNATURE],
    ['--future', RECEIVED],
    ['--bad-signature', OUTSIDE_TOLERANCE],
    ['--duplicate', RECEIVED],
    ['--oversize', RECEIVED],
    ['--bad-utf8', RECEIVED],
    ['--header-id', RECEIVED],
  ])('%s fails on any other answer', async (mode, answer) => {
    const { code, stdout } = await trigger(['outbid', mode], answer);
    expect(code).toBe(1);
    expect(stdout).toContain('EXPECTED');
  });

  it('--stale is genuine, but more than 300 s old', async () => {
    const delivery = only((await trigger(['outbid', '--stale'], OUTSIDE_TOLERANCE)).received);
    expect(delivery.headers['x-vast-signature-256']).toBe(`sha256=${macOf(delivery)}`);
    expect(ageOf(delivery)).toBeGreaterThan(300);
  });

  it('--future is genuine, but more than 300 s ahead', async () => {
    const delivery = only((await trigger(['outbid', '--future'], OUTSIDE_TOLERANCE)).received);
    expect(delivery.headers['x-vast-signature-256']).toBe(`sha256=${macOf(delivery)}`);
    expect(ageOf(delivery)).toBeLessThan(-300);
  });

  it('--bad-signature is well formed, but wrong', async () => {
    const delivery = only((await trigger(['outbid', '--bad-signature'], INVALID_SIGNATURE)).received);
    expect(delivery.headers['x-vast-signature-256']).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(delivery.headers['x-vast-signature-256']).not.toBe(`sha256=${macOf(delivery)}`);
  });

  it('--duplicate sends the very same delivery twice', async () => {
    const { received } = await trigger(['outbid', '--duplicate'], RECEIVED, DUPLICATE);
    const [first, second] = received;
    expect(received).toHaveLength(2);
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true);
    expect(second?.headers).toEqual(first?.headers);
  });

  it('--oversize is genuine and one byte over 64 KiB', async () => {
    const delivery = only((await trigger(['outbid', '--oversize'], TOO_LARGE)).received);
    expect(delivery.body.byteLength).toBe(65_537);
    expect(delivery.headers['x-vast-signature-256']).toBe(`sha256=${macOf(delivery)}`);
    expect(jsonOf(delivery).notif_type).toBe('outbid');
  });

  it.each(['outbid', 'resource.created'])('--bad-utf8 is genuine, but not UTF-8 (%s)', async (type) => {
    const delivery = only((await trigger([type, '--bad-utf8'], INVALID_EVENT)).received);
    const signature = delivery.headers['x-vast-signature-256'] ?? `sha256=${delivery.headers['x-vastai-signature']}`;
    expect(signature).toBe(`sha256=${macOf(delivery)}`);
    expect(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(delivery.body)).toThrow(TypeError);
  });

  it('--header-id changes nothing but the unsigned id', async () => {
    const { received } = await trigger(['outbid', '--header-id'], RECEIVED, DUPLICATE);
    const [first, second] = received;
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true);
    expect(second?.headers['x-vast-event-id']).not.toBe(first?.headers['x-vast-event-id']);
    expect({ ...second?.headers, 'x-vast-event-id': '' }).toEqual({ ...first?.headers, 'x-vast-event-id': '' });
  });

  it('refuses two at once', async () => {
    const { code, stderr, received } = await trigger(['outbid', '--stale', '--oversize'], RECEIVED);
    expect(code).toBe(2);
    expect(stderr).toContain('--oversize');
    expect(received).toHaveLength(0);
  });
});

describe('what goes wrong before an answer', () => {
  const isOneLine = ({ stderr }: Ended) => stderr.trimEnd().split('\n').length === 1 && stderr.startsWith('error: ');

  it('says to run `npm run dev` when nothing listens', async () => {
    const port = await closedPort();
    const ended = await runTriggerHere(['outbid', '--url', `http://localhost:${port}`]);
    expect(ended.code).toBe(1);
    expect(isOneLine(ended)).toBe(true);
    expect(ended.stderr).toContain('npm run dev');
  });

  it('wants a secret for a Worker elsewhere, and sends nothing without', async () => {
    const ended = await runTriggerHere(['outbid', '--url', 'https://worker.invalid']);
    expect(ended.code).toBe(2);
    expect(isOneLine(ended)).toBe(true);
    expect(ended.stderr).toContain('VASTAI_WEBHOOK_SECRET');
    expect(ended.stdout).toBe('');
  });

  it.each([
    ['broken JSON', ['outbid', '--data', '{"a":'], '--data'],
    ['JSON that is no object', ['outbid', '--data', '[1]'], '--data'],
    ['an option that does not exist', ['outbid', '--bogus'], '--bogus'],
    ['a count that is no number', ['outbid', '--count', 'many'], '--count'],
    ['no type', [], 'npm run trigger -- outbid'],
    ['an address that is none', ['outbid', '--url', 'localhost'], '--url'],
    ['an endpoint that no Worker serves', ['outbid', '--endpoint', 'Host'], '--endpoint'],
  ])('explains %s in one line and ends with exit code 2', async (_, args, named) => {
    const ended = await runTriggerHere(args);
    expect(ended.code).toBe(2);
    expect(isOneLine(ended)).toBe(true);
    expect(ended.stderr).toContain(named);
  });
});

it('never prints the secret', async () => {
  const outputs: string[] = [];
  for (const args of [['outbid'], ['outbid', '--bad-signature'], ['outbid', '--count', '9']]) {
    const { stdout, stderr } = await trigger([...args, '--secret', SECRET], INVALID_SIGNATURE);
    outputs.push(stdout, stderr);
  }
  const port = await closedPort();
  const refused = await runTriggerHere(['outbid', '--secret', SECRET, '--url', `http://localhost:${port}`]);
  const output = [...outputs, refused.stdout, refused.stderr].join('\n');
  expect(output).toContain('--secret');
  expect(output).not.toContain(SECRET);
});

it('--list names every known type', async () => {
  const { code, stdout } = await runTriggerHere(['--list']);
  const listed = stdout.split('\n').flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
  expect(code).toBe(0);
  expect(new Set(listed)).toEqual(new Set(eventTypes));
  expect(stdout).toContain('Your Interruptible Instance #48926820 Has Been Outbid');
});

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
