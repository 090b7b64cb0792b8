// What a run of `webhooks rotate` has to do, from what is known. Pure: no I/O, no clock.
//
// The list of secrets says which slots are set, not what is in them; Vast.ai shows a secret once.
// So the record says which slot is in use. Where neither can tell, the operator must: a guess could
// overwrite the only secret that still verifies what is in flight.
import { isSwitching, type RotationRecord } from './rotation-record.ts';

/** As given on the command line. */
export interface RotateOptions {
  /** Only retire. */
  readonly finish?: boolean;
  /** Rotate even though an old slot is still to be retired. */
  readonly again?: boolean;
  /** The operator's word on which slot is live. */
  readonly current?: string;
}

interface PlanInput extends RotateOptions {
  readonly slots: readonly [string, string];
  readonly record: RotationRecord | undefined;
  /** Names of the secrets that are set. */
  readonly set: ReadonlySet<string>;
}

export type RotationPlan =
  /** Rotate into `target`. `resumed`: an earlier run may have rotated and lost the secret. */
  | { readonly do: 'switch'; readonly current: string; readonly target: string; readonly resumed: boolean }
  /** The new secret is in `target`, or perhaps is: prove it. */
  | { readonly do: 'prove'; readonly current: string; readonly target: string; readonly certain: boolean }
  | { readonly do: 'retire'; readonly current: string; readonly old: string }
  | { readonly do: 'nothing' }
  | { readonly do: 'refuse'; readonly because: 'no_secret' | 'both_set' | 'not_switched_yet' };

export function planRotation(input: PlanInput): RotationPlan {
  const { record, slots } = input;
  if (input.current !== undefined) return fromStated(input, input.current);
  const rotation = record?.rotation;
  if (!record || !rotation || !slots.includes(rotation.target)) return fromList(input);

  if (input.finish && isSwitching(record)) return { do: 'refuse', because: 'not_switched_yet' };
  const { current } = record;
  const { step, target } = rotation;
  switch (step) {
    case 'opening':
      return { do: 'switch', current, target, resumed: false };
    case 'rotating':
      // If it was free and is set, an earlier run has stored its secret and died before noting it.
      return rotation.targetWasFree && input.set.has(target) && !input.again
        ? { do: 'prove', current, target, certain: false }
        : { do: 'switch', current, target, resumed: true };
    case 'stored':
      if (input.again) return { do: 'switch', current, target, resumed: true };
      return { do: 'prove', current, target, certain: true };
    case 'done':
    case 'retiring':
      if (input.again) return { do: 'switch', current: target, target: current, resumed: false };
      // Somebody has deleted the old slot by hand: that rotation is over.
      if (step === 'done' && !input.set.has(current)) return fromList(input);
      return { do: 'retire', current: target, old: current };
  }
}

/** Nothing is under way as far as this machine knows. */
function fromList({ slots, set, finish }: PlanInput): RotationPlan {
  const [only, another] = slots.filter((slot) => set.has(slot));
  if (only === undefined) return { do: 'refuse', because: 'no_secret' };
  if (another !== undefined) return { do: 'refuse', because: 'both_set' };
  if (finish) return { do: 'nothing' };
  return { do: 'switch', current: only, target: otherSlot(slots, only), resumed: false };
}

function fromStated({ slots, record, set, finish }: PlanInput, current: string): RotationPlan {
  const old = otherSlot(slots, current);
  const step = record?.rotation?.step;
  if (!finish) return { do: 'switch', current, target: old, resumed: step === 'rotating' || step === 'stored' };
  return set.has(old) ? { do: 'retire', current, old } : { do: 'nothing' };
}

function otherSlot([first, second]: readonly [string, string], slot: string): string {
  return slot === first ? second : first;
}
