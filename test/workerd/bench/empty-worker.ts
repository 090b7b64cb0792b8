// Answers as an accepted delivery is answered, and does nothing else: what a load measures with it
// is the way to a Worker, and no Worker. Never deployed.
export { EventLedger } from '../../../src/ledger/event-ledger.ts';
export { Patrol } from '../../../src/patrol/patrol.ts';

export default {
  fetch: async (request) => {
    await request.arrayBuffer();
    return Response.json({ received: true });
  },
} satisfies ExportedHandler;
