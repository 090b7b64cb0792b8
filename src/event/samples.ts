// A realistic delivery body for every type, for the CLI, the demo and the tests.
import {
  isResourceType,
  type NotificationType,
  notificationGroups,
  type ResourceType,
  TEST_TYPE,
} from './catalogue.ts';
import type { SignedDialect } from './dialect.ts';
import { observedSample } from './observed.ts';

export interface Sample {
  readonly dialect: SignedDialect;
  /** JSON text, as it goes over the wire. */
  readonly body: string;
}

interface SampleOptions {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Default: the one in which the type belongs; `notification` for an unknown type. */
  readonly dialect?: SignedDialect | undefined;
  /** Fields to replace or add: in a notification's body, in a resource event's `data`. */
  readonly data?: Record<string, unknown> | undefined;
}

type Texts = readonly [subject: string, message: string];

const VIEW = 'View it at: https://console.vast.ai/instances/';

/** Vast.ai's own texts, as they have been seen. */
const seenTexts: Partial<Record<NotificationType, Texts>> = {
  low_credit: [
    'Warning - Your Vast.ai Credit Balance Is Getting Low',
    'Your Vast.ai balance is below your configured threshold.',
  ],
  instance_started: [
    'Your Vast.ai Instance #48927380 Is Now Running',
    'Your instance 48927380 running vastai/pytorch:2.6.0-cuda-12.6.3-py312 on machine 46110 has started. ' +
      `You are being charged $0.031/hr. ${VIEW}`,
  ],
  instance_resumed: [
    'Your Vast.ai Instance #47840777 Is Now Running (Was Scheduling)',
    'Your instance 47840777 on machine 56359 has moved from Scheduling to running — ' +
      `your GPU is now available. ${VIEW}`,
  ],
  outbid: [
    'Your Interruptible Instance #48926820 Has Been Outbid',
    'Your interruptible instance 48926820 on machine 101502 has been outbid and will be stopped. ' +
      'Your bid was $0.03/hr and the current minimum bid is $0.06/hr. ' +
      'Update your bid at https://cloud.vast.ai/instances/ to keep it running.',
  ],
  [TEST_TYPE]: ['Vast.ai webhook test', 'This is a test event triggered from the Vast.ai webhook console.'],
};
const seen: ReadonlyMap<string, Texts> = new Map(Object.entries(seenTexts));

/** For a type whose texts nobody has seen: its name, and the ids that such a text would mention. */
function inventedTexts(type: string): Texts {
  const words = type.replaceAll('_', ' ');
  const { instance, host } = notificationGroups;
  if (Object.hasOwn(instance, type)) {
    const message = `Your instance 48927380 on machine 46110: ${words}. ${VIEW}`;
    return [`Your Vast.ai Instance #48927380: ${words}`, message];
  }
  if (Object.hasOwn(host, type)) return [`Your Vast.ai Machine #46110: ${words}`, `Your machine 46110: ${words}.`];
  return [`Your Vast.ai Account: ${words}`, `This is a sample of "${words}".`];
}

const resourceData: Record<ResourceType, Record<string, unknown>> = {
  'resource.created': { instance_id: 4711, gpu_name: 'RTX 4090', status: 'loading' },
  'resource.updated': { instance_id: 4711, gpu_name: 'RTX 4090', status: 'running' },
  'resource.deleted': { instance_id: 4711 },
};

/** A body of `type`, whether the catalogue knows it or not. */
export function sampleOf(type: string, options: SampleOptions): Sample {
  const dialect = options.dialect ?? (isResourceType(type) ? 'resource' : 'notification');
  if (dialect === 'resource') {
    const data = { ...(isResourceType(type) && resourceData[type]), ...options.data };
    const created = new Date(options.now).toISOString();
    return { dialect, body: JSON.stringify({ id: options.id, type, data, created }) };
  }
  const [subject, message] = seen.get(type) ?? inventedTexts(type);
  const texts = { subject, message, ...observedSample(type, options.now), timestamp: options.now / 1000 };
  const body = { event_id: options.id, user_id: 123, notif_type: type, ...texts, ...options.data };
  return { dialect, body: JSON.stringify(body) };
}
