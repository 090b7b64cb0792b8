// `keys create --read`: makes the Worker's key with the operator's, tries it out and stores it
// unseen. Its value is shown once, so a key that does not reach the Worker is deleted again.
import type { Command } from 'commander';
import type { Result } from '../../../result.ts';
import { type ApiFailure, describeApiFailure, mayHaveHappened } from '../../../vast/api-failure.ts';
import { CliFailure, EXIT, messageOf } from '../../cli-failure.ts';
import { type Action, addWranglerOption, connectToVast, expectOk } from '../connect.ts';
import { createSecretStore } from '../worker/secret-store.ts';
import { flawOf, KEYS_PAGE, READ_KEY } from './read-key.ts';

/** Begins the names of our keys at Vast.ai; the time behind it tells them apart. */
const NAME = 'vastai-webhooks read ';

const HELP_END = `
Makes a key with the scope instance_read, tries out that it lists instances and cannot read the account, and stores it
as ${READ_KEY}. Whoever has that key sees your instances, their logs, your SSH public keys, volumes and deposits.
VAST_API_KEY, which makes it, stays here.

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
    const store = createSecretStore(wrangler, surroundings, output);
    const listed = expectOk(await api.keys(), 'list the API keys');
    const name = NAME + new Date(surroundings.now()).toISOString();
    output.say(`Making the key "${name}". If it stops before it is stored, run this again: it names what is left.`);
    const id = await surroundings.uninterrupted(async () => {
      const made = await api.createKey(name, { instance_read: {} });
      if (!made.ok) throw notMade(made.failure, name);
      const { id, key } = made.value;
      try {
        const flaw = await flawOf(await connectToVast(context, key), listed[0]?.user_id);
        if (flaw !== undefined) throw new CliFailure(`Not stored: the new key ${flaw}.`);
        output.say(`It lists instances and cannot read the account. Storing it as ${READ_KEY}`);
        await store.put(READ_KEY, key);
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
