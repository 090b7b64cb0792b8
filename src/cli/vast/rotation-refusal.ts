// Why a rotation cannot begin, told to the operator.
import { CliFailure, EXIT } from './cli-failure.ts';
import type { RotationPlan } from './rotation-plan.ts';
import type { WebhookTarget } from './webhook-url.ts';

type RefusalReason = Extract<RotationPlan, { do: 'refuse' }>['because'];

/** One sentence with the way out, for each reason. */
export function rotationRefusal(because: RefusalReason, { slots, endpoint }: WebhookTarget): CliFailure {
  const [first, second] = slots;
  switch (because) {
    case 'no_secret':
      return new CliFailure(`Endpoint "${endpoint}" has no secret to rotate: register a webhook for it first.`);
    case 'both_set':
      return new CliFailure(
        `${first} and ${second} are both set, and this machine has no record of which one Vast.ai signs with. Say it with --current ${first} or --current ${second}: with --finish the other one is deleted, without it the other one gets the new secret.`,
        EXIT.usage,
      );
    case 'unknown_slots':
      return new CliFailure(
        `Which slot is in use is unknown: give --list-secrets "<command>", or --current ${first} (or ${second}).`,
        EXIT.usage,
      );
    case 'not_switched_yet':
      return new CliFailure('The rotation is not complete yet: run it without --finish first.', EXIT.unfinished);
  }
}
