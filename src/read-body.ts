// A request's raw bytes, up to a limit. The platform holds a declared length to its word; a chunked
// body declares none, so it is counted as it arrives and dropped at the first byte too many.
import { fail, type Result, succeed } from './result.ts';

/** @param maxBytes Largest body that is read. */
export async function readBody(request: Request, maxBytes: number): Promise<Result<Uint8Array, 'body_too_large'>> {
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (Number(declared) > maxBytes) return fail('body_too_large');
    // Not by `request.body`: the stream object alone costs more than reading a declared body whole.
    const body = new Uint8Array(await request.arrayBuffer());
    return body.byteLength > maxBytes ? fail('body_too_large') : succeed(body);
  }
  if (request.body === null) return succeed(new Uint8Array());

  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array<ArrayBuffer>>) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes) return fail('body_too_large');
    chunks.push(chunk);
  }
  return succeed(new Uint8Array(await new Blob(chunks).arrayBuffer()));
}
