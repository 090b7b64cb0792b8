// Why a rotation cannot begin, told to the operator.
import { CliFailure, EXIT, usage } from '../../cli-failure.ts';
import type { Target } from '../../target.ts';
import type { RotationPlan } from './rotation-plan.ts';

type RefusalReason = Extract<RotationPlan, { do: 'refuse' }>['because'];

/** For each reason one message that says what to do. */
export function rotationRefusal(because: RefusalReason, { slots, endpoint }: Target): CliFailure {
  const [first, second] = slots;
  switch (because) {
    case 'no_secret':
      return new CliFailure(`Endpoint "${endpoint}" has no secret to rotate: register a webhook for it first.`);
    case 'both_set':
      return usage(
        `${first} and ${second} are both set, and this machine has no record of which one Vast.ai signs with. ` +
          `Say so with --current ${first} or --current ${second}. The other one gets the new secret, or is deleted with --finish.`,
      );
    case 'not_switched_yet':
      return new CliFailure('The rotation is not complete yet: run it without --finish first.', EXIT.unfinished);
  }
}
