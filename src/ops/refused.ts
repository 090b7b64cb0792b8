// A quarantined delivery as it was refused: the reason, the body byte for byte, and the headers.
import { html } from 'hono/html';
import type { Refusal } from '../ledger/queries.ts';
import { type Html, section, terms } from './layout.ts';
import { figures, whyRefused } from './words.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTES_A_LINE = 16;

/** Bytes of a hex dump that are shown: enough to recognise a body, and it loads on a phone. */
const DUMPED_BYTES = 4_096;

export function refused({ reason, headers, body }: Refusal): Html {
  const bytes = Uint8Array.fromBase64(body);
  const text = textOf(bytes);
  const names = Object.keys(headers);
  const content = html`<p>${whyRefused(reason)} <code>${reason}</code></p>
    <h3>Body, byte for byte</h3>
    <p class="hint">${figures(bytes.byteLength)} bytes, shown as
      ${text === undefined ? 'a hex dump, because it is not UTF-8' : 'text'}</p>
    <pre tabindex="0" class="${text === undefined ? 'hex' : 'text'}">${text ?? hexOf(bytes)}</pre>
    ${names.length > 0 && html`<h3>Headers</h3>${terms('details', Object.entries(headers))}`}`;
  return section('refused', 'Why it was quarantined', content);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.byteLength, DUMPED_BYTES); at += BYTES_A_LINE) {
    const part = [...bytes.subarray(at, at + BYTES_A_LINE)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(BYTES_A_LINE * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}
