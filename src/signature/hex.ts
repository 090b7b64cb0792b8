/** Lower-case hex digits of `bytes`: for Node, too, which lacks `toHex`. */
export function hexFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
