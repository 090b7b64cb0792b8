/** Bytes of hex digits in either case. The caller has checked the alphabet and the even length. */
export function bytesFromHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = (digitAt(hex, index * 2) << 4) | digitAt(hex, index * 2 + 1);
  }
  return bytes;
}

/** Arithmetic, because cutting out and parsing two characters a time takes ten times as long. */
function digitAt(hex: string, index: number): number {
  const code = hex.charCodeAt(index);
  // '0' to '9' are 0x30 to 0x39; letters have bit 0x40, and 1 to 6 in their low four bits.
  return (code & 0x0f) + (code & 0x40 ? 9 : 0);
}

/** Lower-case hex digits of `bytes`. */
export function hexFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
