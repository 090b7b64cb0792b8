// A delivery that was refused, as it came: the reason, the body byte for byte, and the headers.
// Those of an accepted one are not kept.
import { html } from 'hono/html';
import { duration } from '../duration.ts';
import type { EventRecord, Refusal } from '../ledger/queries.ts';
import { behindAClick, type Html, terms } from './layout.ts';

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Bytes of a hex dump that are shown: enough to recognise a body, and it loads on a phone. */
const DUMPED_BYTES = 4_096;

export function delivered({ type, refusal, receivedAt }: EventRecord): Html {
  if (refusal === null) return html`<p>Headers and body are kept as they came of refused deliveries only.</p>`;
  const { reason, headers, body } = refusal;
  const bytes = Uint8Array.fromBase64(body);
  const text = decoder.decode(bytes);
  const shown = html`<pre tabindex="0">${text}</pre>
    ${
      text.includes('\ufffd') &&
      html`<p class="quiet">What is not UTF-8 is shown as \ufffd. In hex:</p>
        <pre class="hex" tabindex="0">${hexOf(bytes.subarray(0, DUMPED_BYTES))}</pre>`
    }`;
  return html`<p>It was kept aside: <code>${reason}</code></p>
    ${lateness(refusal, receivedAt)}
    <h3>Body, byte for byte</h3>${behindAClick(type, shown)}
    ${Object.keys(headers).length > 0 && html`<h3>Headers</h3>${terms('details', Object.entries(headers))}`}`;
}

/** How far the signed time lies from the arrival, where that is why it was refused. */
function lateness({ reason, headers }: Refusal, receivedAt: number): Html | null {
  const signed = headers['x-vast-timestamp'] ?? headers['x-vastai-timestamp'];
  if (!reason.startsWith('timestamp_') || signed === undefined) return null;
  const ms = receivedAt - Number(signed) * 1000;
  return html`<p>Signed <strong>${duration(Math.abs(ms))} ${ms < 0 ? 'after' : 'before'}</strong> it arrived.</p>`;
}

/** `000010  7b 22 69 64`: sixteen bytes a line. */
function hexOf(bytes: Uint8Array): string {
  const lines = bytes.toHex().match(/.{1,32}/g) ?? [];
  const place = (line: number) => (line * 16).toString(16).padStart(6, '0');
  return lines.map((line, index) => `${place(index)}  ${line.replace(/../g, '$& ')}`).join('\n');
}
