// What this machine remembers of rotations, so that an interrupted one can be completed: names of
// slots and steps, never a secret. Kept outside the repository, one record per webhook URL.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Surroundings } from '../terminal/surroundings.ts';

/**
 * How far a rotation has come:
 * - `opening`: the window is being opened; Vast.ai still signs with the current secret.
 * - `rotating`: Vast.ai may sign with a new secret that only this run has seen.
 * - `stored`: the new secret is in the target slot; not yet proven.
 * - `done`: proven, window closed; the old slot still verifies what is in flight.
 * - `retiring`: the old slot is being deleted.
 */
const stepSchema = v.picklist(['opening', 'rotating', 'stored', 'done', 'retiring']);

const recordSchema = v.object({
  /** The slot whose secret Vast.ai signs with, or signed with before the rotation under way. */
  current: v.string(),
  rotation: v.optional(
    v.object({
      step: stepSchema,
      /** The slot that gets, or has got, the new secret. */
      target: v.string(),
      /** Whether the target is known to have been empty: if it is set, this rotation has set it. */
      targetWasFree: v.boolean(),
    }),
  ),
});
const fileSchema = v.object({ version: v.literal(1), webhooks: v.record(v.string(), recordSchema) });

export type RotationStep = v.InferOutput<typeof stepSchema>;
export type RotationRecord = v.InferOutput<typeof recordSchema>;

/** A file that cannot be read counts as empty: the list of secrets decides, or the operator. */
export function createRotationRecords(env: Surroundings['env']) {
  const base = env.XDG_STATE_HOME || env.LOCALAPPDATA || join(env.HOME || homedir(), '.local', 'state');
  const path = join(base, 'vastai-webhook-worker', 'rotations.json');
  const readAll = (): Record<string, RotationRecord> => {
    try {
      const parsed = v.safeParse(fileSchema, JSON.parse(readFileSync(path, 'utf8')));
      return parsed.success ? parsed.output.webhooks : {};
    } catch {
      return {};
    }
  };
  return {
    read: (url: string) => new Map(Object.entries(readAll())).get(url),
    write: (url: string, record: RotationRecord) => {
      const webhooks = { ...readAll(), [url]: record };
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // Written beside and renamed: a process that dies here leaves the old file or the new one.
      const beside = `${path}.${process.pid}`;
      writeFileSync(beside, `${JSON.stringify({ version: 1, webhooks }, null, 2)}\n`, { mode: 0o600 });
      renameSync(beside, path);
    },
    /** Whether another webhook of the same Worker needs the window, which they share. */
    othersSwitching: (url: string) =>
      Object.entries(readAll()).some(
        ([other, record]) =>
          other !== url && URL.parse(other)?.origin === URL.parse(url)?.origin && isSwitching(record),
      ),
  };
}

/** Whether Vast.ai may sign with a secret that is not proven yet: the window is to stay open. */
export function isSwitching(record: RotationRecord | undefined): boolean {
  return ['opening', 'rotating', 'stored'].includes(record?.rotation?.step ?? '');
}
