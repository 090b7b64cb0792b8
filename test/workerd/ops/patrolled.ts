// What patrol remembers of an account after it has watched it for more than a day: written by its
// own rules, look by look, at the times it would have looked.
import { PATROL_BLIND_AFTER, PATROL_INTERVAL_MS, PATROL_MAX_INSTANCES } from '../../../src/limits.ts';
import { factsOf } from '../../../src/patrol/conditions.ts';
import { type Condition, differences } from '../../../src/patrol/differences.ts';
import type { Memory } from '../../../src/patrol/patrol.ts';
import type { Picture } from '../../../src/patrol/picture.ts';
import type { Instance } from '../../../src/vast/instances.ts';
import { conditionsAfter, lookAt } from '../patrol/look-at.ts';

export type Mood = 'new' | 'none' | 'quiet' | 'trouble' | 'blind';

const LOOKS = 26 * 12;
const GPUS = ['RTX 4090', 'H100 SXM', 'RTX 3090', 'A100 PCIE'];

/** @param startedAt Milliseconds since the epoch. */
function instance(id: number, startedAt: number, columns: Partial<Instance> = {}): Instance {
  return {
    ...{ id, machine_id: 40_000 + (id % 997), label: null, gpu_name: GPUS[id % 4] ?? '', num_gpus: 1 + (id % 2) },
    ...{ gpu_util: 96, is_bid: id % 3 === 0, dph_total: 0.31 + (id % 7) * 0.2475, storage_total_cost: 0.004 },
    ...{ intended_status: 'running', actual_status: 'running', status_msg: 'success, running' },
    ...{ start_date: startedAt / 1000, end_date: startedAt / 1000 + 30 * 86_400, uptime_mins: null, ...columns },
  };
}

/** The account as it was so many minutes ago. */
function accountAt(mood: Mood, minutes: number, now: number): { instances: Instance[]; total: number } {
  const two = [
    instance(48_927_380, now - 52 * 3_600_000, { label: 'llama-finetune' }),
    instance(48_926_821, now - 31 * 3_600_000, { label: 'comfy-ui' }),
  ];
  if (mood === 'none') return { instances: [], total: 0 };
  if (mood === 'quiet') return { instances: two, total: 2 };
  const stopped = { intended_status: 'stopped', actual_status: 'exited' };
  const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"' ${'a-label-without-end'.repeat(4)}`;
  const many = [
    ...two,
    instance(48_911_111, now - 9 * 3_600_000, { label: 'sweep-7 lease=6h', gpu_util: minutes > 90 ? 88 : 0.4 }),
    instance(48_912_222, now - 70 * 3_600_000, { label: 'dataset disk', ...stopped, storage_total_cost: 0.0467 }),
    instance(48_913_333, now - 70 * 60_000, {
      actual_status: minutes > 70 ? null : 'loading',
      status_msg: 'Error response from daemon: pull access denied for vastai/pytorch-typo',
    }),
    instance(48_914_444, now - 5 * 3_600_000, { actual_status: minutes > 25 ? 'running' : 'offline', is_bid: true }),
    instance(48_915_555, now - 5 * 3_600_000, { actual_status: 'frozen', dph_total: null }),
    instance(48_916_666, now - 6 * 3_600_000, { label: hostile, end_date: (now + 5 * 3_600_000) / 1000 }),
  ];
  if (mood === 'trouble') return { instances: many, total: many.length };
  const more = Array.from({ length: PATROL_MAX_INSTANCES - many.length }, (_, index) =>
    instance(48_930_000 + index, now - 3_600_000),
  );
  return { instances: [...many, ...more], total: PATROL_MAX_INSTANCES + 20 };
}

/** @param now Milliseconds since the epoch: the last look that succeeded is some minutes old. */
export function patrolMemory(mood: Mood, now: number): Memory {
  let picture: Picture | null = null;
  let conditions: readonly Condition[] = [];
  const last = mood === 'blind' ? 10 : 0;
  const at = (look: number) => now - 130_000 - look * PATROL_INTERVAL_MS;
  for (let look = LOOKS; look >= last && mood !== 'new'; look -= 1) {
    const account = accountAt(mood, (now - at(look)) / 60_000, now);
    const there = account.instances.filter(({ start_date }) => (start_date ?? 0) * 1000 <= at(look));
    const instances = there.sort((one, other) => one.id - other.id);
    const list = { instances, total: account.total, stopped: account.total > account.instances.length };
    ({ picture, conditions } = lookAt(picture, list, conditions, at(look)));
  }
  const failed = mood === 'blind' ? { looks: last, alike: last, at: at(0), reason: 'status_401' } : null;
  const blindAt = at(last - PATROL_BLIND_AFTER);
  const blindness = failed ? differences(picture, picture, conditions, factsOf(picture, failed, 0), blindAt) : [];
  return { picture, sightings: [], conditions: conditionsAfter(conditions, blindness), failed, heardAt: now };
}
