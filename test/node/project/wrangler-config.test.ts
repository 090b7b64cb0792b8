// What wrangler.toml must say so that the first `wrangler deploy` works, and works as tested.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { inEmptyDirectory } from '../cli/deploy/empty-directory.ts';
import { withStaging } from '../cli/deploy/staging-sample.ts';

const ROOT = join(import.meta.dirname, '../../..');
const text = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8');
const config = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') });
const { producers, consumers } = config.queues as { producers: Producer[]; consumers: Consumer[] };
const namespaces = config.kv_namespaces as { binding: string; id?: string }[];

interface Producer {
  readonly binding: string;
  readonly queue: string;
}

interface Consumer {
  readonly queue: string;
  readonly max_batch_size?: number;
  readonly max_batch_timeout?: number;
  readonly max_retries?: number;
  readonly dead_letter_queue?: string;
}

test('the Worker is built from src/index.ts and answers on workers.dev', () => {
  expect(config.main).toBe(join(ROOT, 'src/index.ts'));
  expect(config.workers_dev).toBe(true);
});

test('a version that was replaced has no address of its own', () => {
  expect(config.preview_urls).toBe(false);
});

test('our log lines are kept, and the platform adds none that cost the same', () => {
  expect(config.observability).toMatchObject({ enabled: true, logs: { invocation_logs: false } });
});

describe.each(consumers)('the consumer of $queue', (consumer) => {
  // The local simulator's defaults differ from production's, so none is left to either.
  test.each(['max_batch_size', 'max_batch_timeout', 'max_retries'] as const)('sets %s itself', (setting) => {
    expect(consumer[setting]).toBeTypeOf('number');
  });

  test('stays within the limits of the platform', () => {
    expect(consumer.max_batch_size).toBeLessThanOrEqual(100);
    expect(consumer.max_batch_timeout).toBeLessThanOrEqual(60);
    expect(consumer.max_retries).toBeLessThanOrEqual(100);
  });

  test('has a queue that the first deploy creates', () => {
    expect(producers.map(({ queue }) => queue)).toContain(consumer.queue);
  });
});

test('a message that no handler could take moves on to a queue that is consumed', () => {
  const main = consumers.find(({ queue }) => queue === 'vastai-events');
  expect(main).toMatchObject({ dead_letter_queue: 'vastai-dead-letters', max_retries: 10 });
  expect(consumers.map(({ queue }) => queue)).toContain('vastai-dead-letters');
});

test('the code knows the dead-letter queue by how its configured name ends', () => {
  const suffix = /DEAD_LETTER_SUFFIX = '([^']+)'/.exec(readFileSync(join(ROOT, 'src/index.ts'), 'utf8'))?.[1] ?? '?';
  const withSuffix = producers.filter(({ queue }) => queue.endsWith(suffix));
  expect(withSuffix.map(({ binding }) => binding)).toEqual(['DEAD_LETTERS']);
});

test('the sample of a second environment is the first with other queues', async () => {
  await inEmptyDirectory(async (directory) => {
    const path = join(directory, 'wrangler.toml');
    writeFileSync(path, withStaging(text));
    const staging = unstable_readConfig({ config: path, env: 'staging' });
    const shared = ['kv_namespaces', 'queues', 'durable_objects', 'exports', 'observability', 'workers_dev'] as const;
    for (const setting of [...shared, 'preview_urls', 'minify'] as const) {
      const here = JSON.stringify(staging[setting]).replaceAll('vastai-staging-', 'vastai-');
      expect({ [setting]: JSON.parse(here) }).toEqual({ [setting]: config[setting] });
    }
    expect(staging.name).toBe('vastai-webhooks-staging');
    expect(JSON.stringify(staging.queues)).not.toMatch(/"vastai-(events|dead-letters)"/);
  });
});

test('nothing in it belongs to one account, and nothing in it is secret', () => {
  expect(config.account_id).toBeUndefined();
  expect(config.vars).toEqual({});
  expect(namespaces.filter(({ id }) => id !== undefined)).toEqual([]);
  expect(text).not.toMatch(/[0-9a-f]{32}/);
});

test('it asks for nothing that a Free account lacks or that a first deploy cannot have', () => {
  expect(config.limits).toBeUndefined();
  expect(text).not.toMatch(/^\[secrets\]/m);
});

test('a deploy updates the ledger at once, so that old and new code meet for a moment only', () => {
  expect(config.durable_objects.code_update_strategy).toEqual({ mode: 'immediate' });
});
