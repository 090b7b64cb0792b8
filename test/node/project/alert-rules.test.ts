// The alert rules in the README are what Prometheus takes, about metrics that there are.
import { parser } from '@prometheus-io/lezer-promql';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { noTotals } from '../../../src/ledger/meters.ts';
import { PATROL_LONGEST_GAP_MS, SILENT_AFTER_MS } from '../../../src/limits.ts';
import { renderMetrics } from '../../../src/ops/metrics.ts';
import type { Snapshot } from '../../../src/ops/snapshot.ts';
import { documents } from './documents.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
}

const counts = { processing: 0, retrying: 0, processed: 1, dead: 1, quarantined: 1, queued: 0 };
const snapshot: Snapshot = {
  total: 3,
  byStatus: counts,
  byType: [{ type: 'outbid', status: 'processed', count: 1 }],
  perHour: [],
  lastReceivedAt: 1,
  kept: [{ reason: 'timestamp_stale', count: 1 }],
  totals: noTotals,
  oldestUnfinished: null,
  backlog: { events: 0, deadLetters: 0 },
};
const picture = { at: 1, seen: [], total: 0, stoppedAfter: null };
const metrics = renderMetrics(snapshot, true, 2, picture);
const samples = [...metrics.matchAll(/^(\w+)(?:\{(.*)\})? /gm)].map(([, name = '', labels = '']) => ({ name, labels }));
const readme = documents.find(({ path }) => path === 'src/ops/README.md');

const rules = (readme?.blocks ?? [])
  .filter(({ language, text }) => language === 'yaml' && text.startsWith('groups:'))
  .flatMap(({ text }) => (parse(text) as { groups: { name: string; rules: Rule[] }[] }).groups)
  .flatMap((group) => group.rules);

/** What an expression names, and whether it is PromQL at all. */
function read(expr: string) {
  const found = { errors: 0, metrics: [] as string[], matchers: [] as string[] };
  parser.parse(expr).iterate({
    enter: ({ type, name, from, to }) => {
      if (type.isError) found.errors += 1;
      if (name === 'VectorSelector') found.metrics.push(expr.slice(from, to).replace(/\{.*$/s, ''));
      if (name === 'UnquotedLabelMatcher') found.matchers.push(expr.slice(from, to));
    },
  });
  return found;
}

it('the parser sees what is no PromQL', () => {
  expect(read('rate(vastai_tries_total[30m) > 1').errors).toBeGreaterThan(0);
  expect(read('vastai_events{status=dead}').errors).toBeGreaterThan(0);
  expect(read('vastai_events{status="dead"} > 1')).toEqual({
    errors: 0,
    metrics: ['vastai_events'],
    matchers: ['status="dead"'],
  });
});

it('there are rules, each by its own name', () => {
  expect(rules.length).toBeGreaterThan(5);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

it.each(rules.map((rule) => [rule.alert, rule] as const))('%s is a rule about metrics that there are', (_, rule) => {
  expect(rule).toEqual({
    alert: expect.stringMatching(/^[A-Z]\w+$/),
    expr: expect.any(String),
    ...(rule.for !== undefined && { for: expect.stringMatching(/^\d+[smhd]$/) }),
    labels: { severity: expect.stringMatching(/^(page|ticket)$/) },
    annotations: { summary: expect.any(String) },
  });
  const { errors, metrics, matchers } = read(rule.expr);
  expect(errors, rule.expr).toBe(0);
  expect(metrics.length).toBeGreaterThan(0);
  for (const metric of metrics) expect(samples.map(({ name }) => name)).toContain(metric);
  for (const matcher of matchers) {
    const labels = samples.filter(({ name }) => metrics.includes(name)).map((sample) => sample.labels);
    expect(labels, matcher).toContain(matcher.replace('!=', '='));
  }
});

it('the rule of silence says the same as page and doctor', () => {
  expect(rules.find(({ alert }) => alert === 'VastaiSilence')?.expr).toContain(`> ${SILENT_AFTER_MS / 1000}`);
});

it('the rule of a blind patrol says the same as the page', () => {
  const rule = rules.find(({ alert }) => alert === 'VastaiPatrolBlind');
  expect(rule?.expr).toContain(`> ${PATROL_LONGEST_GAP_MS / 1000}`);
});

it('the README explains every metric, and none that is not there', () => {
  const declared = [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, kind]) => {
    const full = kind === 'counter' ? `${name}_total` : name;
    return `${full} ${kind}`;
  });
  const rows = readme?.lines.flatMap((line) => {
    const [, name, kind] = /^\| `(vastai_\w+)`\s+\| (gauge|counter|histogram)\s+\|/.exec(line) ?? [];
    return name === undefined ? [] : `${name} ${kind}`;
  });
  expect(new Set(rows)).toEqual(new Set(declared));
  expect(rows).toHaveLength(declared.length);
});
