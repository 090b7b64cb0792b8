// Plays wrangler: `node secret-command.ts <worker> secret put NAME` with the value on standard
// input, `secret delete NAME`, `secret list`. It also reports its own argument list and
// environment, so that a test can look for leaks there.
import { text } from 'node:stream/consumers';

const [worker = '', secret, verb = '', name = ''] = process.argv.slice(2);
if (secret !== 'secret') throw new Error('not called as wrangler is');
const value = await text(process.stdin);
const body = JSON.stringify({ verb, name, value, argv: process.argv, env: process.env });
const response = await fetch(`${worker}/_command/`, { method: 'POST', body });
const ended = (await response.json()) as { code: number; stdout: string; stderr: string };
process.stdout.write(ended.stdout);
process.stderr.write(ended.stderr);
process.exitCode = ended.code;
