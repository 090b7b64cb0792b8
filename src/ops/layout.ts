// The frame around every page, and the small parts that pages share.
import type { Child } from 'hono/jsx';
import type { Status } from '../ledger/status.ts';
import { LIST, PAGE_ROOT } from './addresses.ts';
import { statusWords } from './words.ts';

/** A whole document as text; no component is asynchronous. */
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
            <a href={LIST} aria-current={here === 'events' ? 'page' : undefined}>
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

/** A part of a page, labelled by its heading. */
export function Section({ id, title, children }: { id: string; title: string; children?: Child }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** Names and their values. */
export function Terms({ look, rows }: { look: 'facts' | 'details'; rows: readonly (readonly [string, Child])[] }) {
  return (
    <dl class={look}>
      {rows.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** @param props.columns The headings; `number` aligns one with its figures. */
export function Table(props: {
  look?: 'events' | 'tries';
  columns: readonly (readonly [heading: string, look?: 'number'])[];
  children?: Child;
}) {
  return (
    <table class={props.look}>
      <thead>
        <tr>
          {props.columns.map(([heading, look]) => (
            <th scope="col" class={look}>
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  );
}
