// Stands for `wrangler secret put | delete | list`: `node secret-command.ts <worker> put NAME`, the value on standard input.
// It also reports its own argument list and environment, so that a test can look for leaks there.
import { text } from 'node:stream/consumers';

const [worker = '', verb = '', name = ''] = process.argv.slice(2);
const value = await text(process.stdin);
const response = await fetch(`${worker}/_command/`, {
  method: 'POST',
  body: JSON.stringify({ verb, name, value, argv: process.argv, env: process.env }),
});
const { names = [], error } = (await response.json()) as { names?: string[]; error?: string };
// A careless command repeats what it was given; the CLI must not pass that on.
console.log(`${verb} ${name} ${value}`);
if (verb === 'list') console.log(names.join('\n'));
if (!response.ok) console.error(`failed with ${value}: ${error}`);
process.exitCode = response.ok ? 0 : 1;
