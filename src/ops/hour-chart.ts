// Events per hour as stacked bars, in SVG without script or inline style, and the same as a table.
import type { Stats } from '../ledger/stats.ts';
import { statuses as allStatuses, type Status } from '../ledger/status.ts';
import { Table } from './layout.tsx';
import { utc } from './when.tsx';

const HEIGHT = 160;
const BAR_WIDTH = 16;
const BAR_STEP = 20;
/** One failure beside thousands of successes must still be visible. */
const LEAST_HEIGHT = 4;

type Hour = Stats['perHour'][number];
type Kind = 'dead' | 'quarantined' | 'unfinished' | 'processed';

/** From the bottom up. What needs attention sits on the base line, where bars compare best. */
const kinds: readonly { readonly kind: Kind; readonly label: string; readonly statuses: readonly Status[] }[] = [
  { kind: 'dead', label: 'Dead', statuses: ['dead'] },
  { kind: 'quarantined', label: 'Quarantined', statuses: ['quarantined'] },
  { kind: 'unfinished', label: 'In progress', statuses: ['processing', 'retrying', 'queued'] },
  { kind: 'processed', label: 'Processed', statuses: ['processed'] },
];

export function HourChart({ hours }: { hours: readonly Hour[] }) {
  const total = sumOf(hours.map(totalOf));
  const most = Math.max(...hours.map(totalOf), 1);
  const width = hours.length * BAR_STEP;
  return (
    <figure class="chart">
      <figcaption>
        <span>{total.toLocaleString('en')} events received in the last 48 hours, by hour and outcome</span>
        <ul class="legend">
          {kinds.map(({ kind, label }) => (
            <li class={kind}>{label}</li>
          ))}
        </ul>
      </figcaption>
      <p class="most" aria-hidden="true">
        peak: {most.toLocaleString('en')} in one hour
      </p>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Bar chart of the last 48 hours: ${total} events, ${countsOf(hours)}.`}
      >
        {hours.map((hour, index) => (
          <Bar hour={hour} x={index * BAR_STEP} most={most} />
        ))}
      </svg>
      <p class="axis" aria-hidden="true">
        {['48 h ago', '36 h', '24 h', '12 h', 'now'].map((mark) => (
          <span>{mark}</span>
        ))}
      </p>
      <details>
        <summary>The numbers behind the chart</summary>
        <HourTable hours={hours} />
      </details>
    </figure>
  );
}

function Bar({ hour, x, most }: { hour: Hour; x: number; most: number }) {
  let top = HEIGHT;
  const parts = kinds.flatMap(({ kind, statuses }) => {
    const count = countOf([hour], statuses);
    if (count === 0) return [];
    const height = Math.max((count / most) * (HEIGHT - 4 * LEAST_HEIGHT), LEAST_HEIGHT);
    top -= height;
    return [<rect class={kind} x={x} y={top.toFixed(1)} width={BAR_WIDTH} height={height.toFixed(1)} />];
  });
  return (
    <g>
      <title>{`${utc(hour.hour).slice(0, 16)}: ${countsOf([hour])}`}</title>
      <rect class="ground" x={x} y={0} width={BAR_WIDTH} height={HEIGHT} />
      {parts}
    </g>
  );
}

function HourTable({ hours }: { hours: readonly Hour[] }) {
  const busy = hours.filter((hour) => totalOf(hour) > 0).reverse();
  if (busy.length === 0) return <p>No events in the last 48 hours.</p>;
  return (
    <Table columns={[['Hour (UTC)'], ...kinds.map(({ label }) => [label, 'number'] as const)]}>
      {busy.map((hour) => (
        <tr>
          <th scope="row">{utc(hour.hour).slice(0, 16)}</th>
          {kinds.map(({ statuses }) => (
            <td class="number">{countOf([hour], statuses).toLocaleString('en')}</td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

/** `1 dead, 0 quarantined, …` */
function countsOf(hours: readonly Hour[]): string {
  return kinds.map(({ label, statuses }) => `${countOf(hours, statuses)} ${label.toLowerCase()}`).join(', ');
}

function countOf(hours: readonly Hour[], statuses: readonly Status[]): number {
  return sumOf(hours.flatMap((hour) => statuses.map((status) => hour.byStatus[status])));
}

function totalOf(hour: Hour): number {
  return countOf([hour], allStatuses);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
