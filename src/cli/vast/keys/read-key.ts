// The key that the Worker reads Vast.ai with: `keys create --read` makes it with the operator's,
// tries it out and stores it unseen, and doctor judges it. Only reads are tried; of a new key,
// the answer names the permissions, too. Its value is shown once: what does not reach the Worker
// is deleted again.
import type { Command } from 'commander';
import type { Result } from '../../../result.ts';
import { type ApiFailure, describeApiFailure, hasStatus, mayHaveHappened } from '../../../vast/api-failure.ts';
import { oneLine } from '../../../vast/harmless.ts';
import type { NewKey, VastApi } from '../../../vast/vast-api.ts';
import { CliFailure, EXIT, messageOf } from '../../cli-failure.ts';
import { type Action, type ActionContext, addWranglerOption, connectToVast, expectOk } from '../connect.ts';
import { about, type Finding } from '../doctor/finding.ts';
import { createSecretStore } from '../worker/secret-store.ts';

/** The Worker's secret, and where keys are made and deleted by hand. */
const READ_KEY = 'VAST_READ_KEY';
const KEYS_PAGE = 'https://cloud.vast.ai/manage-keys/';

/** Begins the names of our keys at Vast.ai; the time behind it tells them apart. */
const NAME = 'vastai-webhooks read ';

const HELP_END = `
Makes a key with the scope instance_read, tries out that it lists instances and cannot read the account, and stores it
as ${READ_KEY}. Whoever has that key sees your instances, their logs, your SSH public keys, volumes and deposits.

Example:
  npm run vast -- keys create --read`;

export function addKeysCommand(program: Command, action: Action): void {
  const keys = program.command('keys').description('the key that the Worker reads your instances with');
  const command = keys.command('create').description('make a key, check its reach and store it at the Worker');
  addWranglerOption(command.requiredOption('--read', `one that reads instances, as ${READ_KEY}`));
  for (const each of [keys, command]) each.addHelpText('after', HELP_END);
  action<{ readonly wrangler: string }>(command, async (context, { wrangler }) => {
    const { output, surroundings } = context;
    const api = await connectToVast(context);
    const { keys, user } = await accountOf(api);
    // [spec] Their list is described nowhere but in code: it may not be there.
    const listed = keys.ok || !hasStatus(keys.failure, 404) ? expectOk(keys, 'list the API keys') : [];
    if (user === undefined)
      output.warn('Vast.ai does not tell your account’s number: whether the key reads its preferences is not tried.');
    const name = NAME + new Date(surroundings.now()).toISOString();
    output.say(`Making the key "${name}". If it stops before it is stored, run this again: it names what is left.`);
    const id = await surroundings.uninterrupted(async () => {
      const made = await api.createKey(name, { instance_read: {} });
      if (!made.ok) throw notMade(made.failure, name);
      const { id, key } = made.value;
      try {
        const flaw = (await flawOf(await connectToVast(context, key), user)) ?? excessOf(made.value);
        if (flaw !== undefined) throw new CliFailure(`Not stored: the new key ${flaw}.`);
        output.say(`It lists instances and cannot read the account. Storing it as ${READ_KEY}`);
        await createSecretStore(wrangler, surroundings, output).put(READ_KEY, key);
        return id;
      } catch (error) {
        throw notStored(messageOf(error), id, await api.removeKey(id));
      }
    });
    const earlier = listed.filter((key) => key.name?.startsWith(NAME)).map((key) => key.id);
    const left = `From earlier runs: ${earlier.join(', ')}. Delete those that no Worker uses: ${KEYS_PAGE}`;
    const done = [`Done: ${READ_KEY} holds key ${id}.`, ...(earlier.length > 0 ? [left] : [])];
    output.result({ key: id, secret: READ_KEY, earlier }, done);
  });
}

/** Doctor's finding, where it is given the key; the operator's own tells whose account it is. */
export async function checkReadKey(context: ActionContext, operator: VastApi | undefined): Promise<Finding[]> {
  const key = context.surroundings.env.VAST_READ_KEY;
  if (!key) return [];
  const flaw = await flawOf(await connectToVast(context, key), operator && (await accountOf(operator)).user);
  const { fine, warning } = about('read key');
  if (flaw === undefined) return [fine(`${READ_KEY} lists instances and cannot read the account`)];
  return [warning(`${READ_KEY} ${flaw}`, `Make another (\`keys create --read\`), then delete this one: ${KEYS_PAGE}`)];
}

/**
 * What is wrong with a key, in words that follow its name; undefined where its reach is right.
 *
 * @param user Whose preferences the key must not read, where that is known.
 */
async function flawOf(key: VastApi, user: number | undefined): Promise<string | undefined> {
  const isRefusal = (failure: ApiFailure) => hasStatus(failure, 401, 403, 404);
  const untried = (why: ApiFailure) => `could not be tried out. ${describeApiFailure(why, 'see what it reads')}`;
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

/** The account's keys, and its number, as far as the operator's key is told. Never throws. */
async function accountOf(operator: VastApi) {
  const keys = await operator.keys();
  const owned = keys.ok && keys.value.length > 0 ? keys : await operator.list();
  return { keys, user: owned.ok ? owned.value[0]?.user_id : undefined };
}

/** What a new key may do beyond reading instances, where the answer that made it says so. */
function excessOf({ permissions }: NewKey): string | undefined {
  const told = permissions === false ? ['everything'] : Object.keys(permissions.api);
  const more = told.filter((scope) => scope !== 'instance_read');
  return more.length > 0 ? `may do more than it should: ${more.map((scope) => oneLine(scope)).join(', ')}` : undefined;
}

function notMade(failure: ApiFailure, name: string): CliFailure {
  const trouble = describeApiFailure(failure, 'make the key');
  if (!mayHaveHappened(failure)) return new CliFailure(trouble);
  const left = `Where ${KEYS_PAGE} shows "${name}", nobody has its value: delete it there, then run this again.`;
  return new CliFailure(`${trouble} ${left}`, EXIT.unfinished);
}

function notStored(why: string, id: number, removed: Result<unknown, ApiFailure>): CliFailure {
  if (removed.ok) return new CliFailure(`${why} The key is deleted again. Once that is fixed, run this again.`);
  const trouble = describeApiFailure(removed.failure, 'delete the new key');
  return new CliFailure(`${why} ${trouble} To finish: delete key ${id} at ${KEYS_PAGE}`, EXIT.unfinished);
}
