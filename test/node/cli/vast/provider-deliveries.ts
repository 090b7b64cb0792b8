// What Vast.ai delivers: signed with the secret of the moment, retried after 408, 429, 5xx and lost
// connections, and given up for good after anything else [doc].
import { slugOf } from '../../../../src/cli/vast/webhooks/event-keys.ts';
import { sampleOf } from '../../../../src/event/samples.ts';
import { schemes } from '../../../../src/signature/schemes.ts';
import { signDelivery } from '../../../../src/signature/sign.ts';
import type { Clock } from './clock.ts';
import type { Registered } from './fake-provider.ts';
import { ConnectionLost, type Network } from './network.ts';

/** [guess] By it the Worker's side knows who asks. */
export const PROVIDER_USER_AGENT = 'vast-webhooks/1';

/**
 * [guess] How often and how far apart Vast.ai retries is unknown: doubled up to an hour, for two
 * days, so that whatever stays wrong shows as a loss.
 */
const FIRST_RETRY_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
const GIVES_UP_AFTER_MS = 2 * 86_400_000;

/**
 * Whether a waiting retry is signed again, with the secret and the time of the moment: Vast.ai does
 * not say, so both are played.
 */
export type Signing = 'signed_again' | 'signed_once';

/** One event on its way to one webhook. */
export interface Delivery {
  readonly eventId: string;
  readonly webhook: number;
  /**
   * `lost`: refused for good, or given up. `withdrawn`: its webhook was deleted meanwhile, which is
   * a [guess] at what happens then.
   */
  state: 'waiting' | 'delivered' | 'lost' | 'withdrawn';
  /** Our answers; 0 is a connection that came to nothing. */
  readonly statuses: number[];
}

export interface Stream {
  /** Lets no more events happen, and waits until every delivery has ended in one way or another. */
  stop(): Promise<readonly Delivery[]>;
}

interface Account {
  readonly webhookOf: (id: number) => Registered | undefined;
  readonly secretOf: (id: number) => string;
  /** Which events go where, at this moment. */
  readonly wanted: () => readonly { readonly webhook: number; readonly key: string }[];
}

export function createDeliveries(clock: Clock, network: Network, account: Account) {
  const all: Delivery[] = [];
  const underWay: Promise<void>[] = [];
  let happened = 0;

  return {
    all,
    /** The test call's delivery: one try, and how it was answered [spec]. */
    test: async (webhook: Registered) => {
      const eventId = crypto.randomUUID().replaceAll('-', '');
      const { body } = sampleOf('webhook_test', { id: eventId, now: clock.now() });
      return { eventId, status: await send(webhook, eventId, 1, await sign(webhook.id, body), body) };
    },
    start: (signing: Signing, everyMs = 250): Stream => {
      let running = true;
      const pump = (async () => {
        while (running) {
          happen(signing);
          await clock.sleep(everyMs);
        }
      })();
      return {
        stop: async () => {
          running = false;
          await pump;
          await Promise.all(underWay);
          return all;
        },
      };
    },
  };

  /** One event per webhook, of its types in turn. */
  function happen(signing: Signing): void {
    happened += 1;
    for (const [webhook, wanted] of Map.groupBy(account.wanted(), (one) => one.webhook)) {
      const { key } = wanted[happened % wanted.length] ?? {};
      if (key === undefined) continue;
      const delivery: Delivery = { eventId: `event-${happened}-${webhook}`, webhook, state: 'waiting', statuses: [] };
      all.push(delivery);
      underWay.push(deliver(delivery, slugOf(key), signing));
    }
  }

  async function deliver(delivery: Delivery, type: string, signing: Signing): Promise<void> {
    const { eventId, webhook: id, statuses } = delivery;
    const begun = clock.now();
    const { body } = sampleOf(type, { id: eventId, now: begun });
    let headers = await sign(id, body);
    for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      // [guess] A retry goes to where the webhook points by then.
      const webhook = account.webhookOf(id);
      if (webhook === undefined) return end(delivery, 'withdrawn');
      const status = await send(webhook, eventId, statuses.length + 1, headers, body);
      statuses.push(status);
      if (status >= 200 && status < 300) return end(delivery, 'delivered');
      if (!isTransient(status) || clock.now() - begun > GIVES_UP_AFTER_MS) return end(delivery, 'lost');
      await clock.sleep(pause);
      if (signing === 'signed_again') headers = await sign(id, body);
    }
  }

  function end(delivery: Delivery, state: Delivery['state']): void {
    delivery.state = state;
  }

  function sign(id: number, body: string): Promise<Record<string, string>> {
    const timestamp = String(Math.floor(clock.now() / 1000));
    return signDelivery(schemes.notification, account.secretOf(id), timestamp, Buffer.from(body));
  }

  async function send(
    { webhook_url }: Registered,
    eventId: string,
    attempt: number,
    signed: Record<string, string>,
    body: string,
  ): Promise<number> {
    const headers = {
      ...signed,
      'Content-Type': 'application/json',
      'User-Agent': PROVIDER_USER_AGENT,
      'X-Vast-Event-Id': eventId,
      'X-Vast-Delivery-Attempt': String(attempt),
    };
    try {
      const response = await network.fetch(webhook_url, { method: 'POST', redirect: 'manual', headers, body });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return 0;
    }
  }
}

export function isTransient(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}
