// What page, metrics and /health say of patrol: with a key, without, and when it does not answer.
import { env } from 'cloudflare:workers';
import parse from 'parse-prometheus-text-format';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { PATROL_ASK_EVERY_MS, PATROL_IDLE_MS, PATROL_INTERVAL_MS, PATROL_LONGEST_GAP_MS } from '../../../src/limits.ts';
import type { Memory } from '../../../src/patrol/patrol.ts';
import { READ_KEY, ROW_SECRETS } from '../../platform/vast-account.ts';
import { sampleEvent } from '../consumer/sample-event.ts';
import { collectConsole } from '../fakes/console.ts';
import { patrolScene } from '../patrol/scene.ts';
import { ask, askStranger, eventAt, json } from './ask.ts';
import { type Mood, patrolMemory } from './patrolled.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const page = async (changes: Partial<Env>, path = '/ops/instances') => (await ask(path, { env: changes })).text();
/** Avoids `text()`: the runtime warns where the type does not begin with `text/`. */
const scrape = async (changes: Partial<Env>) =>
  new TextDecoder().decode(await (await ask('/ops/metrics', { env: changes })).arrayBuffer());
const health = (changes: Partial<Env>) => askStranger('/health', { env: changes });

/** A Worker with a key, whose object answers like this. */
function withPatrol(memory: () => Memory | Promise<Memory>) {
  const asked = vi.fn(async () => memory());
  return { asked, changes: { VAST_READ_KEY: READ_KEY, PATROL: { getByName: () => ({ memory: asked }) } as never } };
}
const filled = (mood: Mood) => withPatrol(() => patrolMemory(mood, Date.now())).changes;
const failing = () => withPatrol(() => Promise.reject(new Error('Durable Object overloaded')));

describe('without a key', () => {
  const calls = vi.fn();
  const keyless = { VAST_READ_KEY: '', PATROL: { getByName: calls } as never };

  it('the page says what it would show and how to get a key, and no page links to it', async () => {
    const html = await page(keyless);
    expect(html).toContain('npm run vast -- keys create --read');
    for (const path of ['/ops', '/ops/events', '/ops/event?id=none', '/ops/instances']) {
      expect(await page(keyless, path), path).not.toContain('href="/ops/instances"');
    }
  });

  it('/health and metrics are as they were, byte for byte', async () => {
    expect(await (await health(keyless)).text()).toBe('{"status":"ok"}');
    expect(await scrape(keyless)).not.toMatch(/patrol|instances|burn/);
  });

  it('the object is not asked', () => {
    expect(calls).not.toHaveBeenCalled();
  });
});

it('with a key every page links to the instances', async () => {
  const changes = filled('none');
  for (const path of ['/ops', '/ops/events', '/ops/event?id=none', '/ops/events?limit=x']) {
    expect(await page(changes, path), path).toContain('<a href="/ops/instances">');
  }
  expect(await page(changes)).toContain('<a href="/ops/instances" aria-current="page">');
});

describe('the page', () => {
  it('says the sum first, then what is wrong, then each instance', async () => {
    const html = await page(filled('trouble'));
    const places = ['At least $7.10/h', 'Open conditions', '#48911111 has had an idle GPU', '>Instances</h2>'];
    const found = places.map((text) => html.indexOf(text));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((one, other) => one - other));
    expect(html).toContain('4 running, 1 loading, 1 stopped, 1 offline, 1 unknown, 1 without a known price.');
    for (const badge of ['Running', 'Loading', 'Stopped', 'Offline', 'Unknown'])
      expect(html).toContain(`${badge}</span>`);
    expect(html).toContain('$0.0467/h');
    expect(html).toMatch(/Last complete look: <time [^>]+>[^<]+\(2 min ago\)/);
  });

  it('says since when one is offline, not since when it would run', async () => {
    const html = await page(filled('trouble'));
    const row = html.split('</tr>').find((text) => text.includes('#48914444'));
    expect(row).toContain('Offline</span>');
    expect(row).toContain('>22 min ago');
  });

  it('lists conditions before instances, and of these the dearest first', async () => {
    const [conditions = '', instances = ''] = (await page(filled('trouble'))).split('>Instances</h2>');
    const inTrouble = new Set([...conditions.matchAll(/Instance #(\d+)/g)].map(([, id]) => id));
    expect(inTrouble).toEqual(new Set(['48911111', '48912222', '48913333', '48916666']));
    const ids = [...instances.matchAll(/#(\d+)<\/span>/g)].map(([, id]) => id);
    const price = (id = '') => Number(/\$([\d.]+)\/h/.exec(instances.split(`#${id}</span>`)[1] ?? '')?.[1]);
    expect(ids).toHaveLength(8);
    expect(ids.at(-1), 'of an unknown price').toBe('48915555');
    expect(ids.slice(0, -1).map(price)).toEqual(
      ids
        .slice(0, -1)
        .map(price)
        .sort((one, other) => other - one),
    );
  });

  it('links a condition to its event once that has been told', async () => {
    const memory = patrolMemory('trouble', Date.now());
    const [first, ...others] = memory.conditions;
    const sightings = [{ event: sampleEvent({ id: first?.id ?? '' }) }] as unknown as Memory['sightings'];
    const html = await page(withPatrol(() => ({ ...memory, sightings })).changes);
    const link = (id = '') => eventAt(id, { endpoint: 'patrol' }).replaceAll('&', '&amp;');
    expect(html).not.toContain(link(first?.id));
    expect(html).toContain('Not told yet');
    expect(html).toContain(link(others[0]?.id));
  });

  it('is red and says since when, where patrol has long seen nothing', async () => {
    const html = await page(filled('blind'));
    expect(html).toContain('class="verdict bad"');
    expect(html).toContain('All of this is old.');
    expect(html).toContain('10 looks have failed since');
    expect(html).toContain('<code>status_401</code>');
  });

  it('is old once more than two looks are missing, even if none has failed', async () => {
    const old = Date.now() - PATROL_LONGEST_GAP_MS;
    expect(await page(withPatrol(() => patrolMemory('quiet', old)).changes)).toContain('All of this is old.');
    expect(await page(filled('quiet'))).not.toMatch(/All of this is old\.|Open conditions/);
  });

  it('says where patrol stops looking', async () => {
    const html = await page(filled('blind'));
    expect(html).toContain('for 520 instances');
    expect(html).toContain('20 unseen');
    expect(html).toMatch(/Patrol stops at #489\d+/);
  });

  it.each([
    ['new', 'It looks for the first time within minutes.'],
    ['none', '$0.00/h'],
    ['quiet', '$3.34/h'],
  ] as const)('of an account that is %s says %s', async (mood, text) => {
    expect(await page(filled(mood))).toContain(text);
  });

  it('keeps a label full of HTML as text', async () => {
    const html = await page(filled('trouble'));
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).not.toMatch(/<script|<img/);
  });

  it('is a readable 503 where the object fails', async () => {
    const output = collectConsole();
    const answer = await ask('/ops/instances', { env: failing().changes });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('Patrol did not answer');
    expect(output.events()).toMatchObject([{ event: 'patrol.unreachable', error: 'Durable Object overloaded' }]);
  });
});

describe('the metrics', () => {
  it('give instances by state, their cost, and when patrol last saw them', async () => {
    const memory = patrolMemory('trouble', Date.now());
    const { changes } = withPatrol(() => memory);
    const families = new Map(parse(await scrape(changes)).map(({ name, metrics }) => [name, metrics]));
    const byState = families.get('vastai_instances')?.map(({ labels, value }) => [labels?.state, Number(value)]);
    const expected = { running: 4, loading: 1, stopped: 1, offline: 1, unknown: 1, unseen: 0 };
    expect(Object.fromEntries(byState ?? [])).toEqual(expected);
    const seconds = Number(families.get('vastai_patrol_last_success_timestamp_seconds')?.[0]?.value);
    expect(seconds).toBe((memory.picture?.at ?? 0) / 1000);
    expect(Number(families.get('vastai_burn_dollars_per_hour')?.[0]?.value)).toBeCloseTo(7.1042);
  });

  it('count those beyond where patrol stops as unseen', async () => {
    expect(await scrape(filled('blind'))).toContain('vastai_instances{state="unseen"} 20\n');
  });

  it('say 0 before the first look, so that an alert sees that there was none', async () => {
    const text = await scrape(filled('new'));
    expect(text).toContain('vastai_patrol_last_success_timestamp_seconds 0\n');
    expect(text).not.toMatch(/^vastai_(instances|burn_dollars_per_hour)\b/m);
  });

  it('are complete but for these where the object fails', async () => {
    collectConsole();
    const text = await scrape(failing().changes);
    expect(text).toContain('vastai_configured 1\n');
    expect(text).not.toMatch(/^vastai_(instances|burn_dollars_per_hour|patrol_last_success_timestamp_seconds)\b/m);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });
});

describe('/health', () => {
  it('says when patrol last saw the instances, and null before it ever did', async () => {
    const memory = patrolMemory('quiet', Date.now());
    const lastSuccess = new Date(memory.picture?.at ?? 0).toISOString();
    expect(await json(health(withPatrol(() => memory).changes))).toEqual({ status: 'ok', patrol: { lastSuccess } });
    expect(await json(health(filled('new')))).toEqual({ status: 'ok', patrol: { lastSuccess: null } });
  });

  it.each([
    ['ok', 200, {}],
    ['unconfigured', 503, { VASTAI_WEBHOOK_SECRET: '', VASTAI_WEBHOOK_SECRET_HOST: '' }],
  ])('stays %s (%i) where the object fails', async (status, code, secrets) => {
    collectConsole();
    const answer = await health({ ...failing().changes, ...secrets });
    expect(answer.status).toBe(code);
    expect(await answer.json()).toEqual({ status, patrol: {} });
  });
});

describe('the object', () => {
  it('is asked once a minute for health and metrics together, and every time for the page', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { changes, asked } = withPatrol(() => patrolMemory('quiet', Date.now()));
    const round = () => Promise.all([health(changes), scrape(changes), health(changes)]);
    await round();
    vi.setSystemTime(Date.now() + PATROL_ASK_EVERY_MS - 1);
    await round();
    expect(asked).toHaveBeenCalledTimes(1);
    vi.setSystemTime(Date.now() + 1);
    await round();
    expect(asked).toHaveBeenCalledTimes(2);
    vi.setSystemTime(Date.now() - 86_400_000);
    await round();
    expect(asked, 'after a jump of the clock').toHaveBeenCalledTimes(3);
    await page(changes);
    await page(changes);
    expect(asked).toHaveBeenCalledTimes(5);
  });

  it('that fails is not asked again within the minute, and what it said before counts', async () => {
    collectConsole();
    vi.useFakeTimers({ toFake: ['Date'] });
    const memory = patrolMemory('quiet', Date.now());
    const { changes, asked } = withPatrol(() => memory);
    const known = await json(health(changes));
    asked.mockRejectedValue(new Error('out'));
    vi.setSystemTime(Date.now() + PATROL_ASK_EVERY_MS);
    expect(await json(health(changes))).toEqual(known);
    expect(await json(health(changes))).toEqual(known);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

it('no secret of a row shows on the page, in the metrics or in /health', async () => {
  const { account, bindings, ids, rounds, withPatrol: inPatrol } = patrolScene(3);
  for (const id of ids) account.set(id, { gpu_util: 0, label: `job-${id}` });
  await rounds(Math.ceil(PATROL_IDLE_MS / PATROL_INTERVAL_MS) + 2);
  const PATROL = { getByName: () => ({ memory: () => inPatrol((patrol) => patrol.memory()) }) } as never;
  const changes = { ...bindings, EVENTS: env.EVENTS, LEDGER: env.LEDGER, PATROL };
  const shown = [await page(changes), await scrape(changes), await (await health(changes)).text()];
  expect(shown[0]).toContain(`job-${ids[0]}`);
  expect(shown[0]).toContain('has had an idle GPU');
  expect(shown[1]).toContain('vastai_instances{state="running"} 3');
  for (const secret of [...Object.keys(ROW_SECRETS), 'nobody-may-see', ROW_SECRETS.public_ipaddr, 'jupyter_token']) {
    for (const text of shown) expect(text, secret).not.toContain(secret);
  }
});
