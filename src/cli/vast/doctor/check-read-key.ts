// Doctor's look at the key that the Worker reads Vast.ai with: enough reach, and no more.
import type { VastApi } from '../../../vast/vast-api.ts';
import { type ActionContext, connectWithKey } from '../connect.ts';
import { KEYS_PAGE, READ_KEY, reachOf } from '../keys/key-reach.ts';
import { about, type Finding } from './finding.ts';

/** @param operator With the operator's own key, which tells whose account it is. */
export async function checkReadKey(context: ActionContext, operator: VastApi | undefined): Promise<Finding[]> {
  const key = context.surroundings.env.VAST_READ_KEY;
  if (!key) return [];
  const { fine, warning } = about('read key');
  const account = await operator?.keys();
  const { kind, found } = await reachOf(
    connectWithKey(context, key),
    account?.ok ? account.value[0]?.user_id : undefined,
  );
  if (kind === 'fits') return [fine(`${READ_KEY} ${found}`)];
  const fix = `Make another (\`keys create --read\`), and delete this one: ${KEYS_PAGE}`;
  return [warning(`${READ_KEY} ${found}`, kind === 'unclear' ? 'Run doctor again.' : fix)];
}
