// The key that the Worker reads Vast.ai with: what it can do there, found out by asking. It must
// list instances and be refused the account. Only reads are tried: one that also writes passes.
import { type ApiFailure, describeApiFailure } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import { type ActionContext, connectToVast } from '../connect.ts';
import { about, type Finding } from '../doctor/finding.ts';

/** The name of the Worker's secret. */
export const READ_KEY = 'VAST_READ_KEY';

/** Where keys are made and deleted by hand. */
export const KEYS_PAGE = 'https://cloud.vast.ai/manage-keys/';

/**
 * What is wrong with a key, in words that follow its name; undefined where its reach is right.
 *
 * @param user Whose preferences the key must not read, where that is known.
 */
export async function flawOf(key: VastApi, user: number | undefined): Promise<string | undefined> {
  const instances = await key.instances();
  if (!instances.ok) return isRefusal(instances.failure) ? 'cannot list instances' : untried(instances.failure);
  // Another account's preferences are closed to any key, but not its own account's list of keys.
  for (const ask of [key.keys, ...(user === undefined ? [] : [() => key.preferences(user)])]) {
    const account = await ask();
    if (account.ok) return 'reads the account as well, with its secrets and keys';
    if (!isRefusal(account.failure)) return untried(account.failure);
  }
  return undefined;
}

/** Doctor's finding, where it is given the key; the operator's own tells whose account it is. */
export async function checkReadKey(context: ActionContext, operator: VastApi | undefined): Promise<Finding[]> {
  const key = context.surroundings.env.VAST_READ_KEY;
  if (!key) return [];
  const account = await operator?.keys();
  const flaw = await flawOf(await connectToVast(context, key), account?.ok ? account.value[0]?.user_id : undefined);
  const { fine, warning } = about('read key');
  if (flaw === undefined) return [fine(`${READ_KEY} lists instances and cannot read the account`)];
  return [warning(`${READ_KEY} ${flaw}`, `Make another (\`keys create --read\`), then delete this one: ${KEYS_PAGE}`)];
}

function isRefusal(failure: ApiFailure): boolean {
  return failure.kind === 'status' && [401, 403, 404].includes(failure.status);
}

function untried(failure: ApiFailure): string {
  return `could not be tried out. ${describeApiFailure(failure, 'see what it reads')}`;
}
