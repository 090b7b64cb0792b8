// Which ids are read from a text, and above all which are not.
import { describe, expect, test } from 'vitest';
import { mentionsIn } from '../../../src/event/mentions.ts';
import { parseEvent } from '../../../src/event/parse.ts';
import { bytesOf } from '../signed-request.ts';

const started = (image: string) =>
  `Your instance 48927380 running ${image} on machine 46110 has started. You are being charged $0.031/hr.`;

describe('one id of each kind', () => {
  test.each([
    [
      "the provider's outbid",
      'Your interruptible instance 48926820 on machine 101502 has been outbid.',
      48926820,
      101502,
    ],
    ["the provider's start", started('vastai/pytorch:2.6.0-cuda-12.6.3-py312'), 48927380, 46110],
    ['a number sign', 'Your Vast.ai Instance #48927380 Is Now Running', 48927380, undefined],
    ['a field', 'instance_id: 7, machine id=8', 7, 8],
    ['the end of a sentence', 'We stopped instance 7.', 7, undefined],
    ['a line break', 'It is machine\n  8\tthat failed', undefined, 8],
    ['the same one twice', 'Instance 7 is offline. Restart instance #7.', 7, undefined],
    ['an image of the same number', started('mine/instance 48927380'), 48927380, 46110],
  ])('%s', (_, message, instanceId, machineId) => {
    expect(mentionsIn({ message })).toEqual({
      ...(instanceId !== undefined && { instanceId }),
      ...(machineId !== undefined && { machineId }),
    });
  });

  test('subject and message count together', () => {
    expect(mentionsIn({ subject: 'Instance #7', message: 'Instance 7 on machine 8' })).toEqual({
      instanceId: 7,
      machineId: 8,
    });
    expect(mentionsIn({ subject: 'Instance #7', message: 'Instance 9 on machine 8' })).toEqual({ machineId: 8 });
  });
});

describe('none', () => {
  test.each([
    ['two instances', 'Instance 7 makes way for instance 9'],
    ['a list', 'Instances 7, 9 and 11 were stopped'],
    ['a list of two', 'instances #7 and #9'],
    ['an image that holds another instance', 'Your instance 7 running evil/instance 999 has started'],
    ['nothing but an image', 'Your box running evil/instance 999 is up'],
    ['an image whose name is words', 'Your box running my instance 999 on machine of yours'],
    ['a part of a word', 'subinstance 999, my-instance 999, image:instance 999'],
    ['a size', 'an instance 4x larger, an instance 2.5 times larger'],
    ['no number', 'Your instance is running'],
    ['a number of no use', `instance ${'9'.repeat(20)}`],
    ['a number with separators', 'instance 48,926,820'],
  ])('%s', (_, message) => {
    expect(mentionsIn({ message })?.instanceId).toBeUndefined();
  });

  test.each([[{}], [{ subject: 7, message: null }], [{ subject: ['instance 7'] }]])('no text: %j', (data) => {
    expect(mentionsIn(data)).toBeUndefined();
  });
});

test('a text of any length is read in no time', () => {
  for (const part of ['instance ', 'running ', ' on machine ', 'instance 1', '7,', 'instance ids : # ']) {
    const startedAt = performance.now();
    mentionsIn({ message: part.repeat(64 * 1024) });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  }
});

test('an event has its mentions, and no such field without any', () => {
  const parse = (message: string) => {
    const body = bytesOf(JSON.stringify({ event_id: 'e1', notif_type: 'outbid', subject: 's', message }));
    const parsed = parseEvent({ dialect: 'notification', body, timestamp: 0 }, 'default');
    return parsed.ok ? parsed.value : undefined;
  };
  expect(parse('Instance 7 on machine 8')).toMatchObject({ mentions: { instanceId: 7, machineId: 8 } });
  expect(parse('All is well')).not.toHaveProperty('mentions');
});
