// What is told when events are given up or a delivery is kept aside. Yours to edit, like handlers.
import { defineNotices } from '../consumer/define-notices.ts';
import { deadLetterNotice, manyQuarantinedNotice, quarantineNotice } from '../destinations/notices.ts';

export const notices = defineNotices({
  dead: (events, context) => deadLetterNotice(context, events),
  quarantined: (delivery, context) => quarantineNotice(context, delivery),
  manyQuarantined: (count, context) => manyQuarantinedNotice(context, count),
});
