// The options of every command that stores a secret, worded once.
import { type Command, InvalidArgumentError } from 'commander';

export interface SecretOptions {
  readonly putSecret?: string;
  readonly deleteSecret?: string;
  readonly listSecrets?: string;
  readonly settle: number;
}

/** Pause for Cloudflare's other locations, in seconds: a new secret is usually everywhere within a few. */
const SETTLE_SECONDS = 10;

export function addPutOptions(command: Command): Command {
  return command
    .option(
      '--put-secret <command>',
      'stores a secret: its name is appended, its value comes on standard input (default: npx wrangler secret put)',
    )
    .option(
      '--settle <seconds>',
      'pause after a secret is accepted, for the other Cloudflare locations',
      seconds,
      SETTLE_SECONDS,
    );
}

export function addDeleteOptions(command: Command): Command {
  return command
    .option('--delete-secret <command>', 'deletes a secret: its name is appended (default: npx wrangler secret delete)')
    .option('--list-secrets <command>', 'prints the names that are set (default: npx wrangler secret list)');
}

function seconds(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Give whole seconds.');
  return Number(text);
}

export function webhookId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give the id that `webhooks list` shows.');
  return Number(text);
}
