// Vast.ai's own test: it signs a `webhook_test` with the secret it uses now and tells our answer.
import { describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import type { Surroundings } from '../terminal/surroundings.ts';

const TRIES = 5;
const PAUSE_MS = 3_000;

export type TestOutcome = Awaited<ReturnType<typeof testOnce>>;

/** Makes one test. The outcome's sentence is for people, without a full stop. */
export async function testOnce(api: VastApi, id: number) {
  const answer = await api.test(id);
  if (answer.ok) {
    const sentence = 'Vast.ai delivered its test event and the Worker accepted it';
    return { kind: 'delivered', sentence, eventId: answer.value.eventId } as const;
  }
  const { failure } = answer;
  const status = failure.kind === 'status' ? failure.status : undefined;
  // The Worker refused it, for good or for now: it may not have Vast.ai's secret.
  if (status === 400) {
    const why = 'the Worker does not know the secret, or did not answer';
    return { kind: 'refused', sentence: `Vast.ai says its test was refused for good: ${why}` } as const;
  }
  if (status === 502) {
    const why = 'the Worker is unavailable, or in a rotation window without the secret';
    return { kind: 'unavailable', sentence: `Vast.ai says that its test failed: ${why}` } as const;
  }
  // It could not be made, which says nothing about the Worker.
  return {
    kind: 'not_made',
    sentence: describeApiFailure(failure, 'make the test').replace(/\.$/, ''),
    failure,
  } as const;
}

/** Makes the test, with retries: to some locations a new secret may still be a wrong one. */
export async function testUntilDelivered(api: VastApi, id: number, { sleep }: Surroundings): Promise<TestOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await testOnce(api, id);
    if (outcome.kind === 'delivered' || attempt === TRIES) return outcome;
    // "Not successful" may be said of the delivery.
    const failure = outcome.kind === 'not_made' && outcome.failure;
    if (failure && failure.kind !== 'unsuccessful' && !mayHaveHappened(failure)) return outcome;
    await sleep(PAUSE_MS);
  }
}
