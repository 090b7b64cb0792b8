import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import parse from 'parse-prometheus-text-format';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../../src/ledger/client.ts';
import { ask } from './ask.ts';
import { inLedger } from './fill.ts';
import { fillMixedHour } from './mixed-hour.ts';

beforeEach(() => reset());

/** Avoids `text()`: the runtime warns where the type does not begin with `text/`. */
async function textOf(answer: Response): Promise<string> {
  return new TextDecoder().decode(await answer.arrayBuffer());
}

/** The metrics by name, as a scraper reads them. */
async function scrape() {
  const text = await textOf(await ask('/ops/metrics'));
  return { text, families: new Map(parse(text).map((family) => [family.name, family.metrics])) };
}

describe('GET /ops/metrics', () => {
  it('is OpenMetrics text with its end marker', async () => {
    const answer = await ask('/ops/metrics');
    expect(answer.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const text = await textOf(answer);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text).not.toContain('\n\n');
  });

  it('gives a scraper the counts by status', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const { families } = await scrape();
    expect(families.get('vastai_events')).toContainEqual({ labels: { status: 'dead' }, value: '1' });
    expect(families.get('vastai_events')).toContainEqual({ labels: { status: 'quarantined' }, value: '2' });
    expect(families.get('vastai_events_by_type')).toContainEqual({
      labels: { type: 'outbid', status: 'dead' },
      value: '1',
    });
    expect(families.get('vastai_queue_backlog_messages')).toContainEqual({ labels: { queue: 'events' }, value: '0' });
    expect(families.get('vastai_configured')).toEqual([{ value: '1' }]);
  });

  it('gives times in seconds', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const { families } = await scrape();
    const gauge = (name: string) => Number(families.get(name)?.[0]?.value);
    expect(gauge('vastai_oldest_unfinished_age_seconds')).toBeGreaterThan(170);
    expect(gauge('vastai_oldest_unfinished_age_seconds')).toBeLessThan(300);
    const sinceLast = Date.now() / 1000 - gauge('vastai_last_received_timestamp_seconds');
    expect(sinceLast).toBeGreaterThanOrEqual(0);
    expect(sinceLast).toBeLessThan(3_600);
  });

  it('declares every family once, with a help, before its samples, which end as its type wants', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const { text } = await scrape();
    const endings: Record<string, RegExp> = {
      gauge: /^$/,
      counter: /^_total$/,
      histogram: /^_(bucket|count|sum)$/,
    };
    const seen = new Set<string>();
    let [name, kind] = ['', ''];
    for (const line of text.split('\n').slice(0, -2)) {
      const declared = /^# TYPE (vastai_[a-z_]+) (gauge|counter|histogram)$/.exec(line);
      if (declared) {
        [, name = '', kind = ''] = declared;
        expect(seen.has(name), name).toBe(false);
        seen.add(name);
      } else if (line.startsWith('# HELP')) expect(line).toMatch(new RegExp(`^# HELP ${name} [A-Z].+\\.$`));
      else {
        expect(line.startsWith(name), line).toBe(true);
        expect(line.slice(name.length).replace(/[{ ].*$/, ''), line).toMatch(endings[kind] ?? /never/);
      }
    }
    expect(seen.size).toBe(11);
    expect(text.match(/^# HELP /gm)).toHaveLength(11);
  });

  it('gives tries, copies, durations, ages and kept deliveries', async () => {
    const now = Date.now();
    await inLedger(({ story }) => {
      story.fail(story.event('outbid', now - 90_000), now, [0], 'Error: no', 'dead');
      story.succeed(story.event('outbid', now - 5_000, 'a'), now);
      story.quarantine(story.event('outbid', now), 'timestamp_stale', now);
    });
    await openLedger(env).claim('copy', [
      { messageId: 'copy', id: 'a', type: 'outbid', endpoint: 'default', receivedAt: now, event: '{}' },
    ]);
    const { text } = await scrape();
    for (const line of [
      'vastai_tries_total{outcome="succeeded"} 1',
      'vastai_tries_total{outcome="failed"} 1',
      'vastai_tries_total{outcome="lost"} 0',
      'vastai_duplicates_total 1',
      'vastai_kept_deliveries{reason="timestamp_stale"} 1',
      // Less than 250 ms, and 310 ms.
      'vastai_handler_duration_seconds_bucket{le="0.1"} 0',
      'vastai_handler_duration_seconds_bucket{le="0.25"} 1',
      'vastai_handler_duration_seconds_bucket{le="0.5"} 2',
      'vastai_handler_duration_seconds_bucket{le="+Inf"} 2',
      'vastai_handler_duration_seconds_count 2',
      'vastai_delivery_age_seconds_bucket{le="10.0"} 2',
      'vastai_delivery_age_seconds_bucket{le="300.0"} 3',
      'vastai_delivery_age_seconds_count 3',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('leaves out what an empty ledger cannot know', async () => {
    const { families } = await scrape();
    expect(families.get('vastai_last_received_timestamp_seconds') ?? []).toEqual([]);
    expect(families.get('vastai_events')).toContainEqual({ labels: { status: 'processed' }, value: '0' });
  });

  it('escapes quotes and backslashes in a type', async () => {
    const type = 'a"b\\c\\"{}=,#';
    await inLedger(({ story }) => story.succeed({ ...story.event('outbid', Date.now()), type }, Date.now()));
    const { families } = await scrape();
    expect(families.get('vastai_events_by_type')).toEqual([{ labels: { type, status: 'processed' }, value: '1' }]);
  });
});
