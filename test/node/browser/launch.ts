// The tests' browser: Debian's Chromium, driven by playwright-core, which bundles none.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { OPS_TOKEN } from './start-worker.ts';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a browser on this machine. */
export const hasBrowser = existsSync(EXECUTABLE);
export const howToInstall = `no browser at ${EXECUTABLE}: apt-get install chromium, or name one in CHROMIUM`;

export function launch(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  });
}

/** Somebody who knows the token, with a browser window of their own. */
export async function operator(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({
    httpCredentials: { username: 'anyone', password: OPS_TOKEN },
    ...options,
  });
  context.setDefaultTimeout(120_000);
  return context;
}
