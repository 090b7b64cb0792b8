// A quarantined body made readable: text where it is UTF-8, a hex dump where it is not.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTES_A_LINE = 16;

/** How much of a dump is shown, in bytes: enough to recognise a body, and it loads on a phone. */
const DUMPED_BYTES = 4_096;

interface BodyDump {
  readonly kind: 'text' | 'hex';
  readonly shown: string;
  readonly bytes: number;
}

/** @param base64 The body, as the ledger keeps it. */
export function dumpBody(base64: string): BodyDump {
  const bytes = Uint8Array.fromBase64(base64);
  try {
    return { kind: 'text', shown: strictUtf8.decode(bytes), bytes: bytes.byteLength };
  } catch {
    return { kind: 'hex', shown: hexOf(bytes.subarray(0, DUMPED_BYTES)), bytes: bytes.byteLength };
  }
}

function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += BYTES_A_LINE) {
    const part = [...bytes.subarray(at, at + BYTES_A_LINE)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(BYTES_A_LINE * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}
