// Plays wrangler: `node secret-command.ts <worker> secret put NAME` with the value on standard
// input, `secret delete NAME`, `secret list`. It also reports its own argument list and
// environment, so that a test can look for leaks there.
import { text } from 'node:stream/consumers';

const [worker = '', secret, verb = '', name = ''] = process.argv.slice(2);
if (secret !== 'secret') throw new Error('not called as wrangler is');
const value = await text(process.stdin);
const response = await fetch(`${worker}/_command/`, {
  method: 'POST',
  body: JSON.stringify({ verb, name, value, argv: process.argv, env: process.env }),
});
const { names = [], error } = (await response.json()) as { names?: string[]; error?: string };
// A careless command repeats what it was given; the CLI must not pass that on.
console.log(`${verb} ${name} ${value}`);
if (verb === 'list') console.log(JSON.stringify(names.map((each) => ({ name: each, type: 'secret_text' }))));
if (!response.ok) console.error(`failed with ${value}: ${error}`);
process.exitCode = response.ok ? 0 : 1;
