// What the object keeps, in SQL. Decides nothing.
import type { Condition } from './conditions.ts';
import type { ObservedEvent } from './observed-event.ts';
import type { Picture } from './picture.ts';

/** All that is small. Times are milliseconds since the epoch. */
export interface Notes {
  readonly conditions: readonly Condition[];
  /** Looks that have failed since the last one that did not. */
  readonly failures: number;
  readonly lastFailure: { readonly at: number; readonly reason: string } | null;
  /** Whether the last list was empty all of a sudden, so that another must say so, too. */
  readonly isDoubted: boolean;
  /** When the latest webhook that is known of arrived, or when patrol began; 0 before that. */
  readonly heardAt: number;
}

/** An event that has yet to be told. */
export interface Sighting {
  readonly event: ObservedEvent;
  /** What a webhook may tell of first. */
  readonly wait?: Wait;
}

export interface Wait {
  /** Of the look that showed it. */
  readonly seenAt: number;
  /** What would tell of it: a webhook of these types, about this instance, after this time. */
  readonly types: readonly string[];
  readonly instanceId: number;
  readonly after: number;
}

const NOTHING: Notes = { conditions: [], failures: 0, lastFailure: null, isDoubted: false, heardAt: 0 };

export class Memory {
  readonly #storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync'>;

  constructor(storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync'>) {
    this.#storage = storage;
    for (const table of ['notes', 'sightings']) {
      storage.sql.exec(`CREATE TABLE IF NOT EXISTS ${table} (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID`);
    }
  }

  picture(): Picture | null {
    return this.#get<Picture>('picture') ?? null;
  }

  notes(): Notes {
    return { ...NOTHING, ...this.#get<Notes>('notes') };
  }

  /** In the order of ids: what has ended comes after what it ends. */
  sightings(): Sighting[] {
    const rows = this.#storage.sql.exec<{ json: string }>('SELECT json FROM sightings ORDER BY name');
    return [...rows].map(({ json }) => JSON.parse(json) as Sighting);
  }

  /** One transaction: notes are written where they differ, and whatever else `work` writes. */
  change(work: (notes: Notes) => Notes): void {
    this.#storage.transactionSync(() => {
      const notes = this.notes();
      const next = work(notes);
      if (JSON.stringify(next) !== JSON.stringify(notes)) this.#set('notes', 'notes', next);
    });
  }

  setPicture(picture: Picture): void {
    this.#set('notes', 'picture', picture);
  }

  setSighting(sighting: Sighting): void {
    this.#set('sightings', sighting.event.id, sighting);
  }

  forget(id: string): void {
    this.#storage.sql.exec('DELETE FROM sightings WHERE name = ?', id);
  }

  #get<Value>(name: string): Value | undefined {
    const row = this.#storage.sql.exec<{ json: string }>('SELECT json FROM notes WHERE name = ?', name).toArray()[0];
    return row && (JSON.parse(row.json) as Value);
  }

  #set(table: 'notes' | 'sightings', name: string, value: unknown): void {
    this.#storage.sql.exec(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`, name, JSON.stringify(value));
  }
}
