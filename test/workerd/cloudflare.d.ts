// What `env` and `exports` of cloudflare:workers hold in the tests: this Worker's own.
import type { Env as WorkerEnv } from '../../src/env.ts';
import type { EventLedger } from '../../src/ledger/event-ledger.ts';
import type { Patrol } from '../../src/patrol/patrol.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      LEDGER: DurableObjectNamespace<EventLedger>;
      PATROL: DurableObjectNamespace<Patrol>;
    }
    interface GlobalProps {
      mainModule: typeof import('../../src/index.ts');
    }
  }
}
