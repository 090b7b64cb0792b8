// The frame around every page, and the small parts that pages share. `html` escapes every value
// that is put in; the value of an attribute stands in quotation marks, or it could break out.
import { html } from 'hono/html';
import { WEBHOOK_PATH } from '../endpoint.ts';
import { isConfidential } from '../event/catalogue.ts';
import type { Status } from '../ledger/status.ts';
import { isThisMachine } from '../this-machine.ts';
import { address, PAGE_ROOT } from './addresses.ts';
import { type OpsContext, type Reader, readerOf } from './reader.ts';
import { capitalized, statusWords } from './words.ts';

export type Html = ReturnType<typeof html>;
type Place = 'overview' | 'events' | 'instances';

/** In the page itself: not another request on every visit. */
const ICON =
  'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' +
  '<path fill="royalblue" d="M9 0 2 9h5l-1 7 8-10H9z"/></svg>';

/** @param refreshSeconds When the page loads itself again, where it does. */
export function document(title: string, content: Html, reader: Reader, here?: Place, refreshSeconds?: number): Html {
  const link = (place: Place, path: string) =>
    html`<a href="${address(path)}"${place === here && html` aria-current="page"`}>${capitalized(place)}</a>`;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  ${refreshSeconds && html`<meta http-equiv="refresh" content="${refreshSeconds}">`}
  <title>${title} · Vast.ai webhooks</title>
  <link rel="icon" href="${ICON}">
  <link rel="stylesheet" href="${PAGE_ROOT}/style.css">
</head>
<body>
  <a class="skip" href="#content">Skip to content</a>
  <header>
    <strong>Vast.ai webhooks</strong>
    <nav aria-label="Main">
      ${link('overview', '')} ${link('events', '/events')} ${reader.hasPatrol && link('instances', '/instances')}
    </nav>
  </header>
  <main id="content">${content}</main>
</body>
</html>`;
}

/** Says what went wrong. */
export function errorPage(context: OpsContext, status: 400 | 404 | 503, title: string, ...why: readonly string[]) {
  const content = html`<h1>${title}</h1> ${why.map((sentence) => html`<p>${sentence}</p>`)}`;
  return context.html(document(title, content, readerOf(context)), status);
}

/** A text that one click selects as a whole. */
export function whole(text: string): Html {
  return html`<code class="whole">${text}</code>`;
}

/** What an empty ledger says: where Vast.ai delivers to, and how to send oneself a first event. */
export function gettingStarted({ origin }: Reader): Html {
  const elsewhere = isThisMachine(new URL(origin).hostname) ? '' : ` --url ${origin}`;
  return html`<p>Vast.ai delivers to ${whole(`${origin}${WEBHOOK_PATH}`)}.
      Send yourself a test event${elsewhere && '; it asks for the signing secret'}:</p>
    <pre class="whole">npm run trigger -- outbid${elsewhere}</pre>`;
}

export function statusBadge(status: Status): Html {
  return badge(status, statusWords[status].mark, status);
}

/** @param mark Stands beside the word, so that colour is not the only difference. */
export function badge(look: string, mark: string, word: string): Html {
  return html`<span class="badge ${look}"><span aria-hidden="true">${mark}</span> ${capitalized(word)}</span>`;
}

export function notice(tone: 'good' | 'warn' | 'bad', text: unknown): Html {
  return html`<div class="notice ${tone}" role="status">${text}</div>`;
}

/** A button that unfolds a question before handlers run, with a way back. */
export function replayForm(button: Html, action: string, warning: string, verb: string, back: string): Html {
  return html`<details>${button}
    <form method="post" action="${action}">
      <p>${warning}</p>
      <button class="button primary" type="submit">Yes, ${verb}</button>
      <a class="button" href="${back}">No, go back</a>
    </form>
  </details>`;
}

/** What a page says first. */
export function verdict(tone: Status | 'good' | 'warn' | 'bad' | 'idle', headline: unknown, rest: unknown): Html {
  return html`<section class="verdict ${tone}" aria-label="Summary">
    <p class="headline">${headline}</p>${rest}
  </section>`;
}

/** What is open to see of an ordinary event takes a click for one that may hold a secret link. */
export function behindAClick(type: string, shown: Html | string | null): Html | string | null {
  if (!isConfidential(type) || !shown) return shown;
  return html`<details><summary>Show it: it may hold a link into the account</summary>${shown}</details>`;
}

/** Names and their values. */
export function terms(
  look: 'facts' | 'details',
  rows: readonly (readonly [name: Html | string, value: unknown])[],
): Html {
  return html`<dl class="${look}">
    ${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

export function table(look: 'events' | 'tries', columns: readonly string[], rows: readonly Html[]): Html {
  return html`<table class="${look}">
    <thead><tr>${columns.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
    <tbody>${rows}</tbody>
  </table>`;
}
