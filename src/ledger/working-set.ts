// The rows that one call works on: read together, changed in memory, where a second copy in the
// batch meets what the first has changed, and written together.
import type { Delivery, EventKey, NewDelivery, Row, RowChange, Store } from './store.ts';
import { hasRun, nameOf } from './store.ts';

export class WorkingSet {
  readonly #store: Store;
  readonly #now: number;
  readonly #rows: Map<string, Row>;
  readonly #changed = new Map<string, Row>();
  readonly #deliveries: Delivery[] = [];
  #nextSeq: number | undefined;

  constructor(store: Store, keys: readonly EventKey[], now: number) {
    this.#store = store;
    this.#now = now;
    this.#rows = store.rows(keys);
  }

  /** The row as it is by now. */
  row(key: EventKey): Row | undefined {
    return this.#rows.get(nameOf(key));
  }

  /** Adds an event. Two rows written, three where its status has an index. */
  insert(delivery: NewDelivery, state: RowChange & Pick<Row, 'status'>): Row {
    const { id, endpoint, type, receivedAt, event, refusal } = delivery;
    const seq = this.#takePlace();
    this.#deliveries.push([seq, id, endpoint, receivedAt, event, refusal]);
    const fresh = { run: 1, holder: null, claim: null, leaseUntil: 0, dueAt: null, attempts: 0, tries: [], steps: [] };
    return this.#keep({ ...fresh, id, endpoint, type, receivedAt, seq, updatedAt: this.#now, ...state });
  }

  /**
   * One that first goes to a handler now takes the last place: readers of the feed have passed its
   * old one.
   *
   * @returns The row as it is now.
   */
  update(row: Row, change: RowChange): Row {
    const next = { ...row, ...change, updatedAt: this.#now };
    if (hasRun(row) || !hasRun(next)) return this.#keep(next);
    const seq = this.#takePlace();
    this.#store.move(row, seq);
    return this.#keep({ ...next, seq });
  }

  /** Keeps the envelope that is run from now on. Writes nothing where the row has it already. */
  setEvent({ seq, id, endpoint, receivedAt }: Row, event: string): void {
    this.#deliveries.push([seq, id, endpoint, receivedAt, event, null]);
  }

  save(): void {
    this.#store.save(this.#deliveries, [...this.#changed.values()]);
  }

  #takePlace(): number {
    const seq = this.#nextSeq ?? this.#store.nextSeq();
    this.#nextSeq = seq + 1;
    return seq;
  }

  #keep(row: Row): Row {
    const name = nameOf(row);
    this.#rows.set(name, row);
    this.#changed.set(name, row);
    return row;
  }
}
