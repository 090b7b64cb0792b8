// `npm run screenshots -- <folder>`: takes a picture of every view after a mixed hour, on a desk
// and on a phone, in light and in dark. The README's picture is `overview-light.png`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { READ_KEY } from '../../platform/vast-account.ts';
import { DEAD_ID, LATE_ID, RETRYING_ID, UNREADABLE_ID } from '../../workerd/ops/mixed-hour.ts';
import type { Mood } from '../../workerd/ops/patrolled.ts';
import { launch, operator } from './launch.ts';
import { startWorker } from './start-worker.ts';

const folder = process.argv[2] ?? 'screenshots';
mkdirSync(folder, { recursive: true });

const views: Record<string, string> = {
  overview: '/ops',
  events: '/ops/events',
  attention: '/ops/events?status=attention',
  dead: '/ops/events?status=dead',
  'event-dead': `/ops/event?id=${DEAD_ID}`,
  'event-retrying': `/ops/event?id=${RETRYING_ID}`,
  'event-late': `/ops/event?id=${LATE_ID}`,
  'event-unreadable': `/ops/event?id=${encodeURIComponent(UNREADABLE_ID)}`,
  quarantined: '/ops/events?status=quarantined',
  unknown: '/ops/event?id=nothing',
  'instances-keyless': '/ops/instances',
};
const looks = {
  light: { colorScheme: 'light', viewport: { width: 1100, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1100, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'phone-dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

const moods: readonly Mood[] = ['new', 'none', 'quiet', 'trouble', 'blind'];

let worker = await startWorker();
const browser = await launch();
try {
  const empty = await operator(browser, looks.light);
  const page = await empty.newPage();
  for (const [name, path] of [
    ['empty-overview', '/ops'],
    ['empty-events', '/ops/events'],
  ] as const) {
    await page.goto(new URL(path, worker.url).href);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
  // A dozen events, the last of them weeks ago.
  await worker.ledger.seed(1, 12, 100, 28);
  await page.goto(new URL('/ops', worker.url).href);
  await page.screenshot({ path: join(folder, 'silent-overview.png'), fullPage: true });
  await page.setViewportSize(looks.phone.viewport);
  await page.screenshot({ path: join(folder, 'silent-overview-phone.png'), fullPage: true });
  await worker.ledger.fill();
  for (const [look, options] of Object.entries(looks)) {
    const context = await operator(browser, options);
    const page = await context.newPage();
    for (const [name, path] of Object.entries(views)) {
      await page.goto(new URL(path, worker.url).href);
      await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
    }
    await context.close();
  }
  await worker.close();
  worker = await startWorker({ VAST_READ_KEY: READ_KEY });
  for (const mood of moods) {
    await worker.patrol.fill(mood);
    for (const [look, options] of Object.entries(looks)) {
      const context = await operator(browser, options);
      const page = await context.newPage();
      await page.goto(new URL('/ops/instances', worker.url).href);
      // Nobody looks at a picture of 500 rows.
      await page.screenshot({ path: join(folder, `instances-${mood}-${look}.png`), fullPage: mood !== 'blind' });
      await context.close();
    }
  }
} finally {
  await browser.close();
  await worker.close();
}
