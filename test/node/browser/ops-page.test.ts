import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { READ_KEY } from '../../platform/vast-account.ts';
import { DEAD_ERROR, LATE_ID, RETRYING_ID, UNREADABLE_ID } from '../../workerd/ops/mixed-hour.ts';
import { hasBrowser, howToInstall, launch, operator } from './launch.ts';
import { OPS_TOKEN, startWorker } from './start-worker.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (!hasBrowser) console.warn(`The operator's page was not tested in a browser, ${howToInstall}.`);

describe.skipIf(!hasBrowser)('the operator’s page in a browser', () => {
  let worker: Awaited<ReturnType<typeof startWorker>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    worker = await startWorker({ VAST_READ_KEY: READ_KEY });
    await worker.ledger.fill();
    await worker.patrol.fill('trouble');
    await worker.ledger.startOne('held');
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
    await worker.close();
  });

  const open = async (options = {}) => {
    context = await operator(browser, options);
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  };
  const go = (path: string) => page.goto(new URL(path, worker.url).href);

  beforeEach(() => open());
  afterEach(() => context.close());

  it('asks for a log-in, and refuses a wrong one', async () => {
    const stranger = await operator(browser, { httpCredentials: { username: 'anyone', password: `${OPS_TOKEN}x` } });
    const answer = await (await stranger.newPage()).goto(new URL('/ops', worker.url).href);
    expect(answer?.status()).toBe(401);
    await stranger.close();
  });

  it('leads from the overview to the failed event and, replayed, to a processed one', async () => {
    await go('/ops');
    await page.getByRole('link', { name: 'Show what needs attention' }).click();
    await page.getByRole('link', { name: DEAD_ERROR }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('outbid');
    expect(await page.getByText(DEAD_ERROR).first().isVisible()).toBe(true);

    await page.getByText('Run it again…').click();
    await page.getByRole('button', { name: 'Yes, run it again' }).click();
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.getByRole('status').textContent();
        },
        { timeout: 120_000, interval: 500 },
      )
      .toContain('Run again, and processed');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.waitForURL(/\/ops$/);
    expect(await page.getByText('1 event has failed for good').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('filters by status and by text', async () => {
    const listed = () => page.locator('tbody tr a').evaluateAll((links) => links.map((link) => String(link)));
    await go('/ops/events');
    await page.getByLabel('Status').selectOption('Retrying');
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect.poll(listed, { timeout: 120_000 }).toEqual([expect.stringContaining(RETRYING_ID)]);

    await page.getByLabel('Status').selectOption('any');
    await page.getByLabel('Id or text').fill('machine 46110 will be down');
    await page.keyboard.press('Enter');
    await expect.poll(listed, { timeout: 120_000 }).toEqual([expect.stringContaining(LATE_ID)]);
    expect(complaints).toEqual([]);
  });

  it('works by keyboard alone, from the skip link to the confirmation', async () => {
    await go(`/ops/event?id=${RETRYING_ID}`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.textContent.trim()`)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.tagName`)).toBe('SUMMARY');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.textContent`)).toBe('Yes, run it again');
  });

  it('works without JavaScript', async () => {
    await context.close();
    await open({ javaScriptEnabled: false });
    await go(`/ops/event?id=${LATE_ID}`);
    await page.getByText('Run it…').click();
    await page.getByRole('button', { name: 'Yes, run it' }).click();
    await page.waitForURL(/replay=queued/);
  });

  it('keeps an event full of HTML and script as text', async () => {
    const hostile = `<script>alert(1)</script><img/src=x/onerror=alert(2)>"'`;
    await worker.ledger.addDead(hostile, 'outbid', { subject: hostile, [hostile]: hostile }, hostile);
    for (const path of ['/ops', '/ops/events', `/ops/event?id=${encodeURIComponent(hostile)}`]) {
      await go(path);
      expect(await page.locator('main').textContent(), path).toContain(hostile);
      expect(await page.locator('main :is(script, img)').count(), path).toBe(0);
    }
    expect(complaints).toEqual([]);
  });

  it('leads from a bar of the chart to its hour', async () => {
    await go('/ops');
    await page.locator('svg a:has(.processed)').last().click();
    await page.waitForURL(/from=.*to=/);
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(0);
  });

  it('selects the id as a whole', async () => {
    await go(`/ops/event?id=${LATE_ID}`);
    await page.getByText(LATE_ID, { exact: true }).click();
    expect(await page.evaluate('String(getSelection())')).toBe(LATE_ID);
  });

  it('loads an event again while its handler runs', async () => {
    await go('/ops/event?id=held');
    await page.waitForEvent('load', { timeout: 20_000 });
    expect(await page.getByText('Keep it still').isVisible()).toBe(true);
  });

  it('shows the filter at once on a desk, with all controls in one line, and folds it away on a phone', async () => {
    await context.close();
    await open({ viewport: { width: 1100, height: 800 } });
    await go('/ops/events');
    const boxes = await page
      .locator('.filter :is(input, select, button)')
      .evaluateAll((fields) => fields.map((field) => field.getBoundingClientRect()));
    expect(boxes).toHaveLength(7);
    expect(new Set(boxes.map(({ y, height }) => `${y} ${height}`)).size).toBe(1);

    await context.close();
    await open({ viewport: { width: 360, height: 740 }, isMobile: true });
    await go('/ops/events');
    expect(await page.getByLabel('Status').isVisible()).toBe(false);
    await page.getByText('Filter', { exact: true }).first().click();
    expect(await page.getByLabel('Status').isVisible()).toBe(true);
  });

  it('shows fifty events on a phone in less than 7,000 pixels', async () => {
    await context.close();
    await open({ viewport: { width: 360, height: 740 }, isMobile: true });
    await go('/ops/events');
    expect(await page.locator('tbody tr').count()).toBe(50);
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(7_000);
  });

  it('has one button that stands out on each view, and a way back from each confirmation', async () => {
    const standing = `[...document.querySelectorAll('a, button, summary')].filter((each) =>
      each.checkVisibility() && getComputedStyle(each).backgroundColor === 'rgb(11, 87, 194)').length`;
    for (const path of Object.values(views)) {
      await go(path);
      expect(await page.evaluate(standing), path).toBeLessThanOrEqual(1);
    }
    await go(`/ops/event?id=${RETRYING_ID}`);
    await page.getByText('Run it again…').click();
    expect(await page.evaluate(standing)).toBe(1);
    await page.getByRole('link', { name: 'No, go back' }).click();
    expect(await page.getByRole('button', { name: 'Yes, run it again' }).isVisible()).toBe(false);
    await go(views['what can run again']);
    await page.getByText(/^Run .* again…/).click();
    expect(await page.evaluate(standing)).toBe(1);
    await page.getByRole('link', { name: 'No, go back' }).click();
    await page.waitForURL(/\/ops\/events\?status=quarantined/);
  });

  it('leads to the instances, and keeps a label full of HTML and script as text', async () => {
    await go('/ops');
    await page.getByRole('link', { name: 'Instances' }).click();
    await page.waitForURL(/instances$/);
    // What is wrong comes first, and has the label, too.
    const [conditions, instances] = await page.locator('main table').allTextContents();
    for (const each of [conditions, instances]) expect(each).toContain('<script>alert(1)</script><img src=x');
    expect(await page.locator('main :is(script, img)').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  const views = {
    overview: '/ops',
    list: '/ops/events',
    'what needs attention': '/ops/events?status=attention',
    'an empty list': '/ops/events?type=nothing',
    'a failing event': `/ops/event?id=${RETRYING_ID}`,
    'a quarantined delivery': `/ops/event?id=${encodeURIComponent(UNREADABLE_ID)}`,
    'a running event': '/ops/event?id=held',
    'what can run again': '/ops/events?status=quarantined',
    instances: '/ops/instances',
  };
  const looks = {
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    phone: { viewport: { width: 360, height: 740 }, isMobile: true },
  } as const;

  for (const [look, options] of Object.entries(looks)) {
    it(`has no serious barrier on any view, ${look}`, async () => {
      await context.close();
      // The page forbids every script, so axe gets in past its policy.
      await open({ ...options, bypassCSP: true });
      for (const [view, path] of Object.entries(views)) {
        await go(path);
        await page.evaluate(axe);
        const found = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults;
        // An event that is about to change loads itself again, and offers to keep still.
        const barriers = found.violations.filter(({ id }) => view !== 'a running event' || id !== 'meta-refresh');
        const serious = barriers.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        const shown = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
        expect(shown, view).toEqual([]);
        const sideways = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect(sideways, `${view} scrolls sideways`).toBe(false);
      }
      expect(complaints).toEqual([]);
    });
  }
});

interface AxeResults {
  violations: { id: string; impact: string; nodes: { html: string }[] }[];
}
