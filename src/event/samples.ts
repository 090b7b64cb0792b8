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

const notificationTexts: Record<NotificationType, readonly [subject: string, message: string]> = {
  low_credit: [
    'Warning - Your Vast.ai Credit Balance Is Getting Low',
    'Your Vast.ai balance is below your configured threshold.',
  ],
  billing_failed: ['Your Vast.ai Payment Failed', 'We could not charge your card ending in 4242 for $25.00.'],
  payment_receipt: ['Vast.ai Payment Receipt', 'We received your payment of $25.00. Thank you.'],
  credit_received: ['You Have Received Vast.ai Credit', 'A credit of $10.00 was added to your account.'],
  instance_created: ['Your Instance #4711 Has Been Created', 'Instance 4711 was created on machine 812.'],
  instance_started: ['Your Instance #4711 Has Started', 'Instance 4711 is running on machine 812 at $0.41/hr.'],
  instance_stopped: ['Your Instance #4711 Has Stopped', 'Instance 4711 on machine 812 was stopped.'],
  instance_resumed: ['Your Instance #4711 Has Resumed', 'Instance 4711 on machine 812 is running again.'],
  instance_deleted: ['Your Instance #4711 Has Been Deleted', 'Instance 4711 and its storage were deleted.'],
  outbid: [
    'Your Interruptible Instance #4711 Has Been Outbid',
    'Instance 4711 on machine 812 was outbid: your bid is $0.20/hr, the current minimum bid is $0.24/hr.',
  ],
  machine_maintenance: ['Maintenance On A Machine You Rent', 'Machine 812 has maintenance at 06:00 UTC for 2 hours.'],
  upcoming_downtime: ['Upcoming Downtime For Instance #4711', 'Machine 812 will be down on 2026-03-02 from 06:00 UTC.'],
  instance_offline: ['Your Instance #4711 Is Offline', 'Instance 4711 went offline: machine 812 cannot be reached.'],
  instance_online: ['Your Instance #4711 Is Online Again', 'Instance 4711 on machine 812 is back online.'],
  error_msgs: ['Your Instance #4711 Reports An Error', 'Instance 4711: the container exited with code 137.'],
  low_disk_space: ['Low Disk Space', 'Less than 10 % of the disk is free on machine 812.'],
  storage_full: ['The Storage Of Instance #4711 Is Full', 'Instance 4711 has used all of its 64 GB of storage.'],
  idle_gpu: ['Your Instance #4711 Looks Idle', 'The GPUs of instance 4711 have been idle for 6 hours.'],
  near_end_date: ['A Rental Contract Ends Soon', 'The contract on machine 812 ends on 2026-03-05.'],
  new_end_date: ['The End Date Of Instance #4711 Has Changed', 'The contract of instance 4711 now ends on 2026-04-05.'],
  email_verification: ['Verify Your Email Address', 'Confirm your address to finish setting up your account.'],
  password_reset: ['Reset Your Vast.ai Password', 'A password reset was requested for your account.'],
  email_change: ['Your Vast.ai Email Address Has Changed', 'The email address of your account was changed.'],
  team_invitation: ['You Have Been Invited To A Team', 'You were invited to join the team "Night Shift".'],
  machine_offline: ['Your Machine #812 Is Offline', 'Machine 812 has not reported for 10 minutes.'],
  machine_unverified: ['Your Machine #812 Is No Longer Verified', 'Machine 812 lost its verification.'],
  machine_error: ['Your Machine #812 Reports An Error', 'Machine 812: GPU 3 has fallen off the bus.'],
  receive_reports: ['A Report About Your Machine #812', 'A client reported slow network on machine 812.'],
  maintenance_scheduled: ['Maintenance Scheduled For Machine #812', 'Maintenance of machine 812 starts at 06:00 UTC.'],
  webhook_test: ['Webhook Test', 'This is a test delivery of your webhook.'],
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
