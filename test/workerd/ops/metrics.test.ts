import { reset } from 'cloudflare:test';
import parse from 'parse-prometheus-text-format';
import { beforeEach, describe, expect, it } from 'vitest';
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

  it('declares every family once, before its samples', async () => {
    await inLedger(({ sql, transaction }) => fillMixedHour(sql, transaction, Date.now()));
    const { text } = await scrape();
    const declared = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map((match) => match[1]);
    expect(new Set(declared).size).toBe(declared.length);
    const sampled = [...text.matchAll(/^([a-z_]+)[ {]/gm)].map((match) => match[1] ?? '');
    expect(declared).toEqual(expect.arrayContaining([...new Set(sampled)]));
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
