// The frame around every page, and the small parts that several pages share.
import type { Child } from 'hono/jsx';
import type { Status } from '../ledger/status.ts';
import { PAGE_ROOT } from './event-path.ts';
import { statusWords } from './words.ts';

/** A whole document. */
export function document(title: string, content: Child, here?: 'overview' | 'events') {
  return `<!doctype html>${(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Vast.ai webhooks`}</title>
        <link rel="icon" href={`${PAGE_ROOT}/icon.svg`} />
        <link rel="stylesheet" href={`${PAGE_ROOT}/style.css`} />
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <header>
          <span class="brand">Vast.ai webhooks</span>
          <nav aria-label="Main">
            <a href={PAGE_ROOT} aria-current={here === 'overview' ? 'page' : undefined}>
              Overview
            </a>
            <a href={`${PAGE_ROOT}/events`} aria-current={here === 'events' ? 'page' : undefined}>
              Events
            </a>
          </nav>
        </header>
        <main id="content">{content}</main>
      </body>
    </html>
  )}`;
}

export function StatusBadge({ status }: { status: Status }) {
  const { label, mark } = statusWords[status];
  return (
    <span class={`badge ${status}`}>
      <span aria-hidden="true">{mark}</span> {label}
    </span>
  );
}

export function Notice(props: { tone: 'good' | 'warn' | 'bad' | 'idle'; children?: Child }) {
  return (
    <div class={`notice ${props.tone}`} role="status">
      {props.children}
    </div>
  );
}
