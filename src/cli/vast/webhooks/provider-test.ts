// Vast.ai's own test: it signs a `webhook_test` with the secret it uses now and tells our answer.
import { type ApiFailure, describeApiFailure } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TRIES = 5;
const PAUSE_MS = 3_000;

export type TestOutcome =
  | { readonly kind: 'delivered'; readonly eventId?: string | undefined }
  /** The Worker refused it, for good or for now: it may not have Vast.ai's secret. */
  | { readonly kind: 'refused' | 'unavailable' }
  /** The test could not be made, which says nothing about the Worker. */
  | { readonly kind: 'not_made'; readonly failure: ApiFailure };

/** Makes one test. */
export async function testOnce(api: VastApi, id: number): Promise<TestOutcome> {
  const answer = await api.test(id);
  if (answer.ok) return { kind: 'delivered', eventId: answer.value.eventId };
  const { failure } = answer;
  if (failure.kind === 'status' && failure.status === 400) return { kind: 'refused' };
  if (failure.kind === 'status' && failure.status === 502) return { kind: 'unavailable' };
  return { kind: 'not_made', failure };
}

/** Makes the test, with retries: to some locations a new secret may still be a wrong one. */
export async function testUntilDelivered(api: VastApi, id: number, { sleep }: Surroundings): Promise<TestOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await testOnce(api, id);
    if (outcome.kind === 'delivered' || attempt === TRIES) return outcome;
    if (outcome.kind === 'not_made' && isDefinite(outcome.failure)) return outcome;
    await sleep(PAUSE_MS);
  }
}

function isDefinite(failure: ApiFailure): boolean {
  return (failure.kind === 'status' && failure.status < 500) || failure.kind === 'redirect';
}

export function describeTest(outcome: TestOutcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return 'Vast.ai delivered its test event and the Worker accepted it';
    case 'refused':
      return 'Vast.ai says its test was refused for good: the Worker does not know the secret, or did not answer';
    case 'unavailable':
      return 'Vast.ai says that its test failed: the Worker is unavailable, or in a rotation window without the secret';
    case 'not_made':
      return describeApiFailure(outcome.failure, 'make the test');
  }
}
