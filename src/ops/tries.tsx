// The runs of an event's handler that are remembered, the latest first.
import type { EventRecord } from '../ledger/queries.ts';
import type { Try } from '../ledger/store.ts';
import { MAX_TRIES_KEPT } from '../limits.ts';
import { Section, Table } from './layout.tsx';
import { When } from './when.tsx';

const tryWords: Record<Try['outcome'], string> = { succeeded: 'Succeeded', failed: 'Failed', lost: 'Lost' };

export function Tries({ event, now }: { event: EventRecord; now: number }) {
  const { tries } = event;
  return (
    <Section id="tries" title="Tries">
      {tries.length === 0 ? (
        <p>{event.status === 'quarantined' ? 'No handler has run.' : 'None has ended yet.'}</p>
      ) : (
        <Table look="tries" columns={[['Ended'], ['Outcome'], ['Took', 'number'], ['Error']]}>
          {[...tries].reverse().map((attempt) => (
            <tr>
              <th scope="row">
                <When time={attempt.at} now={now} />
              </th>
              <td class={`outcome ${attempt.outcome}`}>{tryWords[attempt.outcome]}</td>
              <td class="number">{attempt.ms === undefined ? '' : `${attempt.ms.toLocaleString('en')} ms`}</td>
              <td class="error">{attempt.error}</td>
            </tr>
          ))}
        </Table>
      )}
      {tries.length >= MAX_TRIES_KEPT && <p class="hint">Only the last {MAX_TRIES_KEPT} are kept.</p>}
    </Section>
  );
}
