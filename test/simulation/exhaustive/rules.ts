// The rules under search, as one record, so that a test can break one of them.
import {
  type BuryDecision,
  type ClaimDecision,
  decideBury,
  decideClaim,
  decideReopen,
  decideSettle,
  decideWatch,
} from '../../../src/ledger/transitions.ts';
import type { Row } from './state.ts';

export interface Claimed {
  readonly messageId: string;
  readonly claim: string;
}

export interface Rules {
  claim(row: Row | undefined, by: Claimed, now: number): ClaimDecision | { readonly kind: 'dead' };
  settle: typeof decideSettle;
  bury(row: Row | undefined, messageId: string, now: number): BuryDecision;
  reopen: typeof decideReopen;
  watch: typeof decideWatch;
}

export const realRules: Rules = {
  claim: decideClaim,
  settle: decideSettle,
  bury: decideBury,
  reopen: decideReopen,
  watch: decideWatch,
};
