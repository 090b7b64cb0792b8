// A KV namespace in memory, as strict as the platform: key size, TTL floor. Each call is a spy that a test can make fail.
import { vi } from 'vitest';

const MAX_KEY_BYTES = 512;
const MIN_TTL_SECONDS = 60;

export interface KvEntry {
  readonly value: string;
  readonly expirationTtl: number | undefined;
}

export function fakeKv() {
  const entries = new Map<string, KvEntry>();

  const get = vi.fn(async (key: string): Promise<string | null> => {
    checkKey('GET', key);
    return entries.get(key)?.value ?? null;
  });

  const put = vi.fn(async (key: string, value: string, options?: { expirationTtl?: number }): Promise<void> => {
    checkKey('PUT', key);
    const ttl = options?.expirationTtl;
    if (ttl !== undefined && !(ttl >= MIN_TTL_SECONDS)) {
      throw new Error(`KV PUT failed: 400 Invalid expiration_ttl of ${ttl}. Must be at least ${MIN_TTL_SECONDS}.`);
    }
    entries.set(key, { value, expirationTtl: ttl });
  });

  return { entries, get, put, binding: { get, put } as unknown as KVNamespace };
}

function checkKey(operation: string, key: string): void {
  const bytes = new TextEncoder().encode(key).byteLength;
  if (bytes > MAX_KEY_BYTES) {
    throw new Error(`KV ${operation} failed: 414 UTF-8 encoded length of ${bytes} exceeds key length limit of 512.`);
  }
  if (key === '' || key === '.' || key === '..') throw new TypeError(`Key name cannot be "${key}".`);
}
