// The demo's scenes: what is sent, which answer was promised, and what must become of it.
import type { ExpectedAnswer } from './attack-modes.ts';
import { ACCEPTED, DUPLICATE, forge, INVALID_SIGNATURE, OUTSIDE_TOLERANCE } from './attack-modes.ts';
import type { Delivery, Draft } from './delivery.ts';

export interface Scene {
  readonly title: string;
  readonly draft: Draft;
  /** Makes what goes over the wire. */
  readonly make: (draft: Draft) => Promise<Delivery>;
  readonly answer: ExpectedAnswer;
  /** The status that the ledger must show for it in the end; none where nothing may be kept. */
  readonly status: 'processed' | 'retrying' | 'dead' | 'quarantined' | undefined;
}

export interface Storyteller {
  readonly draft: (type: string) => Draft;
  readonly sign: (draft: Draft) => Promise<Delivery>;
}

export function storyOf({ draft, sign }: Storyteller): readonly Scene[] {
  const outbid = draft('outbid');
  const honest = { make: sign, answer: ACCEPTED };
  const handled = { ...honest, status: 'processed' } as const;
  return [
    { ...handled, title: 'An instance was outbid: a notification.', draft: outbid },
    { ...handled, title: 'Vast.ai sends the same delivery again.', draft: outbid, answer: DUPLICATE },
    { ...handled, title: 'A resource was created: the resource dialect.', draft: draft('resource.created') },
    { ...handled, title: 'An event type that is not in the catalogue.', draft: draft('gpu_on_fire') },
    {
      title: 'A forgery: somebody without the secret guesses a signature.',
      draft: draft('credit_received'),
      make: async (forged) => forge(await sign(forged)),
      answer: INVALID_SIGNATURE,
      status: undefined,
    },
    {
      title: 'A genuine delivery that arrives six minutes late.',
      draft: draft('low_credit'),
      make: async (late) => sign({ ...late, timestamp: late.timestamp - 360 }),
      answer: OUTSIDE_TOLERANCE,
      status: 'quarantined',
    },
    {
      ...honest,
      title: 'An event whose handler fails because a service it calls is down.',
      draft: draft('instance_offline'),
      status: 'retrying',
    },
    {
      ...honest,
      title: 'An event whose handler gives up, because a retry cannot help.',
      draft: draft('billing_failed'),
      status: 'dead',
    },
  ];
}
