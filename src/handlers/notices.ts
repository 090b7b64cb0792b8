// What is told when an event is given up or a delivery kept aside. Yours to edit, like handlers.
import { defineNotices } from '../consumer/define-notices.ts';
import { deadLetterNotice, manyDeadNotice } from '../destinations/dead-letter-notice.ts';
import { manyQuarantinedNotice, quarantineNotice } from '../destinations/quarantine-notice.ts';

export const notices = defineNotices({
  dead: (event, context) => deadLetterNotice(context, event),
  manyDead: (events, context) => manyDeadNotice(context, events),
  quarantined: (delivery, context) => quarantineNotice(context, delivery),
  manyQuarantined: (count, context) => manyQuarantinedNotice(context, count),
});
