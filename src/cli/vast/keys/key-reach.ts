// What a key can do at Vast.ai, found out by asking: it must list instances, and be refused the
// account. Only reads are tried, so a key that also writes is not told apart.
import { type ApiFailure, describeApiFailure } from '../../../vast/api-failure.ts';
import type { VastApi } from '../../../vast/vast-api.ts';
import { type ActionContext, connectWithKey } from '../connect.ts';
import { about, type Finding } from '../doctor/finding.ts';

/** The name of the Worker's secret. */
export const READ_KEY = 'VAST_READ_KEY';

/** Where keys are made and deleted by hand. */
export const KEYS_PAGE = 'https://cloud.vast.ai/manage-keys/';

/** @param user Whose preferences the key must not read, where that is known. */
export async function reachOf(api: VastApi, user: number | undefined) {
  const instances = await api.instances();
  if (!instances.ok) {
    return isRefusal(instances.failure) ? reach('useless', 'cannot list instances') : unclear(instances.failure);
  }
  // Another account's preferences are closed to any key, but not its own account's list of keys.
  for (const ask of [api.keys, ...(user === undefined ? [] : [() => api.preferences(user)])]) {
    const account = await ask();
    if (account.ok) return reach('too_wide', 'reads the account as well, with its secrets and keys');
    if (!isRefusal(account.failure)) return unclear(account.failure);
  }
  return reach('fits', 'lists instances and cannot read the account');
}

/**
 * Doctor's finding about the Worker's key, where it is given.
 *
 * @param operator With the operator's own key, which tells whose account it is.
 */
export async function checkReadKey(context: ActionContext, operator: VastApi | undefined): Promise<Finding[]> {
  const key = context.surroundings.env.VAST_READ_KEY;
  if (!key) return [];
  const account = await operator?.keys();
  const user = account?.ok ? account.value[0]?.user_id : undefined;
  const { kind, found } = await reachOf(connectWithKey(context, key), user);
  const { fine, warning } = about('read key');
  if (kind === 'fits') return [fine(`${READ_KEY} ${found}`)];
  const fix = `Make another (\`keys create --read\`), and delete this one: ${KEYS_PAGE}`;
  return [warning(`${READ_KEY} ${found}`, kind === 'unclear' ? 'Run doctor again.' : fix)];
}

/** `found` stands behind the key's name. */
function reach(kind: 'fits' | 'too_wide' | 'useless' | 'unclear', found: string) {
  return { kind, found };
}

function unclear(failure: ApiFailure) {
  return reach('unclear', `was not tried out. ${describeApiFailure(failure, 'see what it can read')}`);
}

function isRefusal(failure: ApiFailure): boolean {
  return failure.kind === 'status' && [401, 403, 404].includes(failure.status);
}
