// What can go wrong between us and Vast.ai's API, and the one line that says so.
import type { NoAnswer } from './ask.ts';
import { oneLine } from './harmless.ts';

export type ApiFailure =
  /** The API answered, and said no. `detail` is its own text. */
  | { readonly kind: 'status'; readonly status: number; readonly detail: string }
  /** 2xx, but `success` was false. */
  | { readonly kind: 'unsuccessful'; readonly detail: string }
  /** An answer that is not what the API documents: a web page, broken JSON, missing fields. */
  | { readonly kind: 'web_page' | 'malformed'; readonly status: number }
  | { readonly kind: 'redirect'; readonly location: string }
  | NoAnswer;

/** Whether the API answered, and said no, with one of these statuses. */
export function hasStatus(failure: ApiFailure, ...statuses: readonly number[]): boolean {
  return failure.kind === 'status' && statuses.includes(failure.status);
}

/** Whether the API may have done what was asked although its answer did not say so. */
export function mayHaveHappened(failure: ApiFailure): boolean {
  const { kind } = failure;
  if (kind === 'status') return failure.status >= 500;
  if (kind === 'web_page') return failure.status < 400 || failure.status >= 500;
  return kind !== 'unsuccessful' && kind !== 'redirect';
}

/** Whether a retry may help. */
export function isTransient(failure: ApiFailure): boolean {
  const { kind } = failure;
  if (kind === 'status' || kind === 'web_page') return failure.status === 429 || failure.status >= 500;
  return kind === 'timeout' || kind === 'network';
}

/** @param doing What was tried, in words that follow "could not": "list the webhooks". */
export function describeApiFailure(failure: ApiFailure, doing: string): string {
  return `Could not ${doing}: ${reasonOf(failure)}`;
}

function reasonOf(failure: ApiFailure): string {
  switch (failure.kind) {
    case 'status':
      return statusReason(failure.status, failure.detail);
    case 'unsuccessful':
      return `Vast.ai answered "not successful"${quoted(failure.detail)}.`;
    case 'web_page':
      return `the answer (${failure.status}) is a web page, not the API. Check VAST_API_URL, or a proxy in between.`;
    case 'malformed':
      return `the answer (${failure.status}) is not what the API documents. Check VAST_API_URL; has the API changed?`;
    case 'redirect':
      return `the API redirects to ${oneLine(failure.location)}. The key is not sent there: check VAST_API_URL.`;
    case 'timeout':
      return `no answer within ${failure.seconds} s. Try again, or check whether Vast.ai has an outage.`;
    case 'network':
      return `no connection to the API (${failure.detail}). Check the network and VAST_API_URL.`;
  }
}

function statusReason(status: number, detail: string): string {
  if (status === 401) return `Vast.ai does not accept the API key (401)${quoted(detail)}. Check VAST_API_KEY.`;
  if (status === 403) return `the API key may not do this (403)${quoted(detail)}.`;
  if (status === 404) return `Vast.ai knows no such id (404)${quoted(detail)}. See \`webhooks list\`.`;
  if (status === 429) return 'Vast.ai is limiting requests (429). Wait a minute, then run the command again.';
  if (status >= 500) return `Vast.ai has a problem of its own (${status})${quoted(detail)}. Try again later.`;
  return `Vast.ai refused the request (${status})${quoted(detail)}.`;
}

function quoted(detail: string): string {
  const text = oneLine(detail).replace(/\.$/, '');
  return text === '' ? '' : `: ${text}`;
}
