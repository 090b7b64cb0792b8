// Who is told of an event, given who was told of what before.
import { runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../../src/ledger/sql.ts';
import { askToTell, noteTold, type TellRequest } from '../../../src/ledger/told.ts';
import { MAX_REPEATS, TELL_RESERVED_MS } from '../../../src/limits.ts';
import { newLedger } from './fixtures.ts';
import { MeteredSql } from './metered-sql.ts';

const START = Date.UTC(2026, 10, 20);
const MINUTE = 60_000;
let now: number;
let clock: number;

beforeEach(() => {
  now = START;
  clock = 0;
});

/** An event that came about when this was called, unless `created` says otherwise. */
function eventOf(type: string, changes: Partial<TellRequest> = {}): TellRequest {
  clock += 1;
  const about = { key: 'instance_offline of instance 1', event: `e${clock}`, created: now + clock - 1000 };
  const resolves = ['instance_online', 'instance_resumed', 'instance_started'].includes(type);
  return { ...about, type, resolves, isRetry: false, quietMs: 10 * MINUTE, hearers: { slack: 'news' }, ...changes };
}
const offline = (changes?: Partial<TellRequest>) => eventOf('instance_offline', changes);
const online = (changes?: Partial<TellRequest>) => eventOf('instance_online', changes);

/** Runs `work` on a ledger's storage, inside its object. */
function remembering<Value>(work: (memory: ReturnType<typeof memoryOn>) => Value): Promise<Value> {
  return runInDurableObject(newLedger(), (_, state) => work(memoryOn(new MeteredSql(state.storage.sql))));
}

function memoryOn(sql: Sql & { rowsWritten(): number }) {
  const ask = (request: TellRequest) => askToTell(sql, request, now);
  const note = (request: TellRequest, reached: readonly string[]) => noteTold(sql, request, reached, now);
  return {
    ask,
    note,
    sql,
    /** Asks, and delivers to all that are to be told: what each of them hears. */
    tell(request: TellRequest): Readonly<Record<string, number>> | 'busy' {
      const { untold } = ask(request);
      if (!untold) return 'busy';
      note(request, Object.keys(untold));
      return untold;
    },
  };
}

describe('a repeat', () => {
  test('is told once in ten minutes, and the next message says how many there were', async () => {
    const told = await remembering(({ tell }) => {
      const first = [tell(offline()), tell(offline()), tell(offline())];
      now += 10 * MINUTE - 1;
      const last = tell(offline());
      now += 1;
      return [...first, last, tell(offline()), tell(offline())];
    });
    expect(told).toEqual([{ slack: 0 }, {}, {}, {}, { slack: 3 }, {}]);
  });

  test('is none about another condition', async () => {
    const key = 'instance_offline of instance 2';
    expect(await remembering(({ tell }) => [tell(offline()), tell(offline({ key }))])).toEqual([
      { slack: 0 },
      { slack: 0 },
    ]);
  });

  test('is told where nothing is to be quiet', async () => {
    const each = { quietMs: 0 };
    expect(await remembering(({ tell }) => [tell(offline(each)), tell(offline(each))])).toEqual([
      { slack: 0 },
      { slack: 0 },
    ]);
  });

  test('is counted for each hearer by itself, once however often it is asked about', async () => {
    const both = { hearers: { slack: 'news', discord: 'news' } } as const;
    const told = await remembering(({ tell, ask, note }) => {
      const first = offline(both);
      ask(first);
      note(first, ['slack']);
      const second = offline(both);
      const heard = [tell(second), tell({ ...second, isRetry: true }), tell({ ...first, isRetry: true })];
      now += 10 * MINUTE;
      return [...heard, tell(offline(both))];
    });
    // Slack missed the second, Discord the first, which came too late after the second.
    expect(told).toEqual([{ discord: 0 }, {}, {}, { slack: 1, discord: 0 }]);
  });

  test('is counted up to a bound', async () => {
    const count = await remembering(({ tell }) => {
      for (let repeat = 0; repeat < MAX_REPEATS + 50; repeat += 1) tell(offline());
      now += 10 * MINUTE;
      return tell(offline());
    });
    expect(count).toEqual({ slack: MAX_REPEATS });
  });
});

describe('the opposite', () => {
  test('starts anew, so that the last message is the last state', async () => {
    const told = await remembering(({ tell }) => [
      tell(offline()),
      tell(offline()),
      tell(online()),
      tell(offline()),
      tell(online()),
      tell(online()),
    ]);
    expect(told).toEqual([{ slack: 0 }, {}, { slack: 1 }, { slack: 0 }, { slack: 0 }, {}]);
  });

  test('outdates what came about before it and arrives after it', async () => {
    const told = await remembering(({ tell }) => {
      const late = offline();
      return [tell(online()), tell(late), tell(offline())];
    });
    expect(told).toEqual([{ slack: 0 }, {}, { slack: 1 }]);
  });

  test('outdates nothing that comes after it, though its own time lies ahead', async () => {
    const told = await remembering(({ tell }) => {
      const first = tell(online({ created: now + 365 * 86_400_000 }));
      now += 1000;
      return [first, tell(offline({ created: now }))];
    });
    expect(told).toEqual([{ slack: 0 }, { slack: 0 }]);
  });
});

describe('another type of the same side', () => {
  test('is told, and outdates nothing', async () => {
    const told = await remembering(({ tell }) => {
      const [first, second] = [eventOf('instance_stopped'), eventOf('outbid')];
      return [tell(second), tell(first), tell(eventOf('outbid')), tell(eventOf('instance_resumed'))];
    });
    expect(told).toEqual([{ slack: 0 }, { slack: 0 }, {}, { slack: 1 }]);
  });

  test('ends no quiet of the first', async () => {
    const told = await remembering(({ tell }) => {
      const types = ['outbid', 'instance_stopped', 'outbid', 'instance_stopped', 'outbid'];
      const first = types.map((type) => tell(eventOf(type)));
      now += 10 * MINUTE;
      return [...first, tell(eventOf('outbid')), tell(eventOf('instance_resumed')), tell(eventOf('outbid'))];
    });
    expect(told).toEqual([{ slack: 0 }, { slack: 0 }, {}, {}, {}, { slack: 2 }, { slack: 1 }, { slack: 0 }]);
  });

  test('is no all-clear, nor one more', async () => {
    const [news, sequel] = [{ hearers: { ntfy: 'news' } }, { hearers: { ntfy: 'sequel' } }] as const;
    const told = await remembering(({ tell }) => [
      tell(eventOf('outbid', news)),
      tell(eventOf('instance_stopped', sequel)),
      tell(eventOf('instance_resumed', sequel)),
      tell(eventOf('instance_started', sequel)),
    ]);
    expect(told).toEqual([{ ntfy: 0 }, {}, { ntfy: 0 }, {}]);
  });
});

describe('of hearers', () => {
  test('one that hears everything is told every time', async () => {
    const always = { hearers: { pagerduty: 'always' } } as const;
    const told = await remembering(({ tell }) => {
      const late = online(always);
      return [
        tell(online(always)),
        tell(online(always)),
        tell(late),
        tell(offline({ hearers: { pagerduty: 'news' } })),
      ];
    });
    expect(told).toEqual([{ pagerduty: 0 }, { pagerduty: 0 }, { pagerduty: 0 }, { pagerduty: 0 }]);
  });

  test('one that hears what follows is told the all-clear after an alarm, once, and nothing else', async () => {
    const [news, sequel] = [{ hearers: { ntfy: 'news' } }, { hearers: { ntfy: 'sequel' } }] as const;
    const told = await remembering(({ tell }) => [
      tell(online(sequel)),
      tell(offline(news)),
      tell(online(sequel)),
      tell(online(sequel)),
    ]);
    expect(told).toEqual([{}, { ntfy: 0 }, { ntfy: 0 }, {}]);
  });
});

describe('a message that was not delivered', () => {
  test('does not count: the next is told', async () => {
    const told = await remembering(({ ask, note, tell }) => {
      const failed = offline();
      ask(failed);
      note(failed, []);
      return [tell(offline()), tell({ ...failed, isRetry: true })];
    });
    expect(told).toEqual([{ slack: 0 }, {}]);
  });

  test('is told by its own retry, to those it has not reached', async () => {
    const both = { hearers: { slack: 'news', discord: 'news' } } as const;
    const told = await remembering(({ ask, note, tell }) => {
      const failing = offline(both);
      ask(failing);
      note(failing, ['slack']);
      return tell({ ...failing, isRetry: true });
    });
    expect(told).toEqual({ discord: 0 });
  });
});

test('a replay is told again', async () => {
  const event = offline();
  expect(await remembering(({ tell }) => [tell(event), tell(event)])).toEqual([{ slack: 0 }, { slack: 0 }]);
});

describe('while an event is being told', () => {
  test('others about the same have to wait, and it may ask again', async () => {
    const told = await remembering(({ ask, note, tell }) => {
      const first = offline();
      ask(first);
      const asked = [tell(offline()), tell(online()), ask(first)];
      note(first, ['slack']);
      return [...asked, tell(offline())];
    });
    expect(told).toEqual(['busy', 'busy', { untold: { slack: 0 } }, {}]);
  });

  test('others wait 40 seconds at most: its consumer may be gone', async () => {
    const told = await remembering(({ ask, tell }) => {
      ask(offline());
      const waiting = ask(offline());
      now += TELL_RESERVED_MS;
      return [waiting, tell(offline())];
    });
    expect(told).toEqual([{ busyUntil: START + 40_000 }, { slack: 0 }]);
  });
});

test('asking and noting write one row each', async () => {
  const rows = await remembering(({ ask, note, sql }) => {
    const event = offline();
    sql.rowsWritten();
    ask(event);
    const asked = sql.rowsWritten();
    note(event, ['slack']);
    return { asked, noted: sql.rowsWritten() };
  });
  expect(rows).toEqual({ asked: 1, noted: 1 });
});
