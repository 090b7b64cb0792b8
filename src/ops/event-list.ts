// The list of events with its filter, a plain form: every view has an address that can be shared.
import type { EventFilter, EventPage } from '../ledger/queries.ts';
import { IDS_LOOKED_AT } from '../ledger/search.ts';
import { statuses } from '../ledger/status.ts';
import { LIST_WINDOW, MAX_ID_LENGTH, MAX_SEARCH_LENGTH, MAX_TYPE_LENGTH, PAGE_SIZE, SEARCH_WINDOW } from '../limits.ts';
import { address, LIST } from './addresses.ts';
import { EventTable } from './event-table.tsx';
import type { ListRequest } from './filter.ts';
import { document } from './layout.tsx';
import { statusWords } from './words.ts';

/** @param knownTypes What the type field offers; any other type can be typed in. */
export function eventListPage(request: ListRequest, page: EventPage, knownTypes: readonly string[], now: number) {
  const { filter } = request;
  return document(
    'Events',
    <>
      <h1>Events</h1>
      <FilterForm filter={filter} knownTypes={knownTypes} />
      {filter.q && (
        <p class="hint">
          Searched for “{filter.q}” at the start of ids (up to {IDS_LOOKED_AT.toLocaleString('en')} matches), in recent
          errors, and in the text of the newest {SEARCH_WINDOW.toLocaleString('en')} events.
        </p>
      )}
      {page.events.length > 0 ? (
        <>
          <ReplayAll filter={filter} />
          <EventTable events={page.events} now={now} />
          <Paging request={request} page={page} />
        </>
      ) : (
        <Empty request={request} page={page} />
      )}
    </>,
    'events',
  );
}

function FilterForm({ filter, knownTypes }: { filter: EventFilter; knownTypes: readonly string[] }) {
  return (
    <form class="filter" action={LIST} method="get" aria-label="Filter events">
      <label>
        Status
        <select name="status">
          <option value="">any</option>
          {statuses.map((status) => (
            <option value={status} selected={filter.status === status}>
              {statusWords[status].label}
            </option>
          ))}
        </select>
      </label>
      <label>
        Type
        <input name="type" list="types" value={filter.type ?? ''} maxlength={MAX_TYPE_LENGTH} placeholder="any" />
      </label>
      <datalist id="types">
        {knownTypes.map((type) => (
          <option value={type} />
        ))}
      </datalist>
      <label>
        Endpoint
        <input name="endpoint" value={filter.endpoint ?? ''} maxlength={MAX_ID_LENGTH} placeholder="any" />
      </label>
      <label class="wide">
        Id or text
        <input
          type="search"
          name="q"
          value={filter.q ?? ''}
          maxlength={MAX_SEARCH_LENGTH}
          placeholder="an instance number, an error…"
        />
      </label>
      <button type="submit">Filter</button>
      {isNarrow(filter) && <a href={LIST}>Show all</a>}
    </form>
  );
}

/** Only on lists of events that wait for a decision: nobody should rerun everything by mistake. */
function ReplayAll({ filter }: { filter: EventFilter }) {
  if (filter.status !== 'dead' && filter.status !== 'quarantined') return null;
  return (
    <p>
      <a class="button" href={address('/replay', filter)}>
        Run all of these again…
      </a>
    </p>
  );
}

function Paging({ request, page }: { request: ListRequest; page: EventPage }) {
  const { filter, cursor, limit } = request;
  const size = limit === PAGE_SIZE ? {} : { limit };
  const stopped = page.cursor !== null && page.events.length < limit;
  return (
    <nav class="paging" aria-label="Pages">
      {stopped && (
        <span>
          Searched only the {cursor === null ? 'newest' : 'next'} {LIST_WINDOW.toLocaleString('en')} events.
        </span>
      )}
      {cursor !== null && <a href={address('/events', { ...filter, ...size })}>Newest</a>}
      {page.cursor === null ? (
        <span>No older events.</span>
      ) : (
        <a rel="next" href={address('/events', { ...filter, ...size, cursor: page.cursor })}>
          Older
        </a>
      )}
    </nav>
  );
}

function Empty({ request, page }: { request: ListRequest; page: EventPage }) {
  const { filter, cursor } = request;
  if (page.cursor !== null) {
    return (
      <>
        <p class="empty">No match so far.</p>
        <Paging request={request} page={page} />
      </>
    );
  }
  if (isNarrow(filter) || cursor !== null) {
    return (
      <p class="empty">
        No event matches. {filter.status === 'dead' && 'Nothing is dead. '}
        <a href={LIST}>Show all events</a>
      </p>
    );
  }
  return (
    <div class="empty">
      <p>Nothing received yet. Send yourself a test event:</p>
      <pre>npm run trigger -- outbid</pre>
      <p>
        For a deployed Worker, add <code>--url https://…/webhooks/vastai --secret …</code>
      </p>
    </div>
  );
}

function isNarrow(filter: EventFilter): boolean {
  return Object.values(filter).some(Boolean);
}
