// A realistic delivery body for every type, for the CLI, the demo and the tests.
import { isResourceType, type NotificationType, type ResourceType } from './catalogue.ts';
import type { SignedDialect } from './dialect.ts';

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

const VIEW = 'View it at: https://console.vast.ai/instances/';

/** As Vast.ai words them where its texts have been seen (marked), the others in their style. */
const notificationTexts: Record<NotificationType, readonly [subject: string, message: string]> = {
  low_credit: [
    // Seen.
    'Warning - Your Vast.ai Credit Balance Is Getting Low',
    'Your Vast.ai balance is below your configured threshold.',
  ],
  billing_failed: [
    'Your Vast.ai Payment Has Failed',
    'We could not charge your card ending in 4242 for $25.00. Update it at https://cloud.vast.ai/billing/.',
  ],
  payment_receipt: [
    'Your Vast.ai Payment Receipt',
    'We received your payment of $25.00. View it at: https://cloud.vast.ai/billing/',
  ],
  credit_received: ['You Have Received Vast.ai Credit', '$10.00 of credit has been added to your Vast.ai account.'],
  instance_created: [
    'Your Vast.ai Instance #48927380 Has Been Created',
    `Your instance 48927380 on machine 46110 has been created. ${VIEW}`,
  ],
  instance_started: [
    // Seen.
    'Your Vast.ai Instance #48927380 Is Now Running',
    'Your instance 48927380 running vastai/pytorch:2.6.0-cuda-12.6.3-py312 on machine 46110 has started. ' +
      `You are being charged $0.031/hr. ${VIEW}`,
  ],
  instance_stopped: [
    'Your Vast.ai Instance #48927380 Has Stopped',
    `Your instance 48927380 on machine 46110 has been stopped. You are still charged for its storage. ${VIEW}`,
  ],
  instance_resumed: [
    // Seen.
    'Your Vast.ai Instance #47840777 Is Now Running (Was Scheduling)',
    'Your instance 47840777 on machine 56359 has moved from Scheduling to running — ' +
      `your GPU is now available. ${VIEW}`,
  ],
  instance_deleted: [
    'Your Vast.ai Instance #48927380 Has Been Deleted',
    'Your instance 48927380 on machine 46110 and its storage have been deleted.',
  ],
  outbid: [
    // Seen.
    'Your Interruptible Instance #48926820 Has Been Outbid',
    'Your interruptible instance 48926820 on machine 101502 has been outbid and will be stopped. ' +
      'Your bid was $0.03/hr and the current minimum bid is $0.06/hr. ' +
      'Update your bid at https://cloud.vast.ai/instances/ to keep it running.',
  ],
  machine_maintenance: [
    'Maintenance On Machine #46110, Which You Rent',
    'Machine 46110, which you rent, has maintenance on 2026-03-02 at 06:00 UTC for 2 hours.',
  ],
  upcoming_downtime: [
    'Upcoming Downtime For Your Vast.ai Instance #48927380',
    'Your instance 48927380 on machine 46110 will be down on 2026-03-02 from 06:00 UTC for 2 hours.',
  ],
  instance_offline: [
    'Your Vast.ai Instance #48927380 Is Offline',
    `Your instance 48927380 on machine 46110 is offline: the machine cannot be reached. ${VIEW}`,
  ],
  instance_online: [
    'Your Vast.ai Instance #48927380 Is Back Online',
    `Your instance 48927380 on machine 46110 is back online. ${VIEW}`,
  ],
  error_msgs: [
    'Your Vast.ai Instance #48927380 Reports An Error',
    `Your instance 48927380 on machine 46110 reports an error: the container exited with code 137. ${VIEW}`,
  ],
  low_disk_space: ['Low Disk Space On Machine #46110', 'Less than 10 % of the disk of machine 46110 is free.'],
  storage_full: [
    'The Storage Of Your Vast.ai Instance #48927380 Is Full',
    `Your instance 48927380 on machine 46110 has used all of its 64 GB of storage. ${VIEW}`,
  ],
  idle_gpu: [
    'Your Vast.ai Instance #48927380 Is Idle',
    'The GPUs of your instance 48927380 on machine 46110 have been idle for 6 hours. ' +
      `You are being charged $0.031/hr. ${VIEW}`,
  ],
  near_end_date: [
    'A Contract On Machine #46110 Ends Soon',
    'The contract on machine 46110 ends on 2026-03-05 at 12:00 UTC.',
  ],
  new_end_date: [
    'The End Date Of Your Vast.ai Instance #48927380 Has Changed',
    `The contract of your instance 48927380 on machine 46110 now ends on 2026-04-05. ${VIEW}`,
  ],
  email_verification: ['Verify Your Email Address', 'Confirm your address to finish setting up your Vast.ai account.'],
  password_reset: ['Reset Your Vast.ai Password', 'A password reset was requested for your Vast.ai account.'],
  email_change: ['Your Vast.ai Email Address Has Changed', 'The email address of your Vast.ai account was changed.'],
  team_invitation: ['You Have Been Invited To A Vast.ai Team', 'You were invited to join the team "Night Shift".'],
  machine_offline: ['Your Machine #46110 Is Offline', 'Your machine 46110 has not reported for 10 minutes.'],
  machine_unverified: ['Your Machine #46110 Is No Longer Verified', 'Your machine 46110 has lost its verification.'],
  machine_error: ['Your Machine #46110 Reports An Error', 'Your machine 46110 reports an error: GPU 3 is lost.'],
  receive_reports: ['A Report About Your Machine #46110', 'A client has reported slow network on your machine 46110.'],
  maintenance_scheduled: [
    'Maintenance Scheduled For Your Machine #46110',
    'Maintenance of your machine 46110 begins on 2026-03-02 at 06:00 UTC.',
  ],
  webhook_test: [
    // Seen.
    'Vast.ai webhook test',
    'This is a test event triggered from the Vast.ai webhook console.',
  ],
};

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
  const known = Object.hasOwn(notificationTexts, type) ? notificationTexts[type as NotificationType] : undefined;
  const [subject, message] = known ?? ['A New Kind Of Notification', 'This type is not in the catalogue yet.'];
  const texts = { subject, message, timestamp: options.now / 1000 };
  const body = { event_id: options.id, user_id: 123, notif_type: type, ...texts, ...options.data };
  return { dialect, body: JSON.stringify(body) };
}
