// A KV namespace in memory, as strict as the platform. Each call is a spy that a test can make
// fail.
import { vi } from 'vitest';
import { checkKey, checkPut } from '../../platform/limits.ts';

export interface KvEntry {
  readonly value: string;
  readonly expirationTtl: number | undefined;
}

export function fakeKv() {
  const entries = new Map<string, KvEntry>();
  const writtenAt = new Map<string, number>();

  const get = vi.fn(async (key: string): Promise<string | null> => {
    checkKey('GET', key);
    return entries.get(key)?.value ?? null;
  });

  const put = vi.fn(async (key: string, value: string, options?: { expirationTtl?: number }): Promise<void> => {
    const now = Date.now();
    const expirationTtl = options?.expirationTtl;
    checkPut(key, expirationTtl, now - (writtenAt.get(key) ?? Number.NEGATIVE_INFINITY));
    writtenAt.set(key, now);
    entries.set(key, { value, expirationTtl });
  });

  return { entries, get, put, binding: { get, put } as unknown as KVNamespace };
}
