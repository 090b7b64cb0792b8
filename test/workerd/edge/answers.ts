// The answers of the HTTP contract, as the provider reads them.
export const ACCEPTED = { status: 200, body: { received: true } };
export const DUPLICATE = { status: 200, body: { received: true, duplicate: true } };
export const INVALID_SIGNATURE = { status: 401, body: { error: 'Invalid signature' } };
export const STALE = { status: 401, body: { error: 'Timestamp outside tolerance' } };
export const TOO_LARGE = { status: 413, body: { error: 'Payload too large' } };
export const UNAVAILABLE = { status: 503, body: { error: 'Temporarily unavailable' } };

export async function answerOf(response: Response) {
  return { status: response.status, body: await response.json() };
}
