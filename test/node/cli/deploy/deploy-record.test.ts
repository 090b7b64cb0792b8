import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../../src/cli/deploy/deploy-record.ts';

const line = (entry: object) => `${JSON.stringify(entry)}\n`;
const session = line({ type: 'wrangler-session', version: 1 });
const deployTo = (...targets: string[]) => session + line({ type: 'deploy', version_id: 'v1', targets });

describe('the record of a deploy', () => {
  it('has the address that the Worker answers at', () => {
    const record = readRecord(deployTo('Consumer for vastai-events', 'https://hooks.me.workers.dev/'));
    expect(record).toEqual({ deployed: { address: 'https://hooks.me.workers.dev' } });
  });

  it('has the address of a custom domain', () => {
    const record = readRecord(deployTo('hooks.example.com (custom domain - zone name: example.com)'));
    expect(record.deployed?.address).toBe('https://hooks.example.com');
  });

  it('has no address where none is public', () => {
    expect(readRecord(deployTo('schedule: 0 * * * *', 'example.com/hooks/*'))).toEqual({ deployed: {} });
  });

  it('says how Cloudflare refused', () => {
    const failed = line({ type: 'command-failed', code: 10014, message: 'A request failed.' });
    expect(readRecord(session + failed)).toEqual({ failed: { code: 10014, message: 'A request failed.' } });
  });

  it('has nothing to say of a dry run, of help, or where there is none', () => {
    expect(readRecord(session + line({ type: 'deploy', version_id: null }))).toEqual({});
    expect(readRecord(session)).toEqual({});
    expect(readRecord('')).toEqual({});
  });
});
