// A folder of test/ says where its tests run: `workerd` in the Workers runtime, `node` around it
// (commands, deployed pipeline, browser, documents), and everything else in Node on a model of the
// platform. The user's own tests stand beside their handlers and run in workerd.
import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { ownHandlers } from './test/own-handlers.ts';

// Tests wait for conditions. A limit only ends what hangs, however loaded the machine is.
const limits = { testTimeout: 1_200_000, hookTimeout: 1_200_000 };

/**
 * The longest files, which start first: begun last, each would run on alone. Only the time depends
 * on this list.
 */
const LONGEST = [
  'simulation',
  'rotate',
  'schedules',
  'ops-page',
  'kill',
  'readme',
  'fuzz',
  'watchdog',
  'flow/ledger',
  'deployed/feed',
  'load',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ moduleId }: TestSpecification) => LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
    const long = files.filter((file) => rank(file) >= 0).sort((one, other) => rank(one) - rank(other));
    return [...long, ...(await super.sort(files.filter((file) => rank(file) < 0)))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Most files wait for a queue, a lease or a process most of their time, so more run side by
    // side than there are cores.
    maxWorkers: Math.max(4, availableParallelism()),
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              // Secrets of the tests' own; wrangler.toml holds none.
              bindings: {
                VASTAI_WEBHOOK_SECRET: 'vast-test-secret',
                VASTAI_WEBHOOK_SECRET_HOST: 'host-test-secret',
                OPS_TOKEN: 'ops-token-of-the-workerd-tests',
              },
            },
          }),
        ],
        resolve: { alias: ownHandlers },
        test: {
          name: 'workerd',
          // A server that answers like the destinations' platforms.
          globalSetup: './test/node/deployed/local-platforms.ts',
          include: ['test/workerd/**/*.test.{ts,tsx}', 'src/handlers/*.test.ts'],
          ...limits,
        },
      },
      { test: { name: 'node', include: ['test/node/**/*.test.ts'], ...limits } },
      {
        // The Worker's own modules, outside workerd.
        resolve: { alias: { 'cloudflare:workers': `${import.meta.dirname}/test/simulation/cloudflare-workers.ts` } },
        test: {
          name: 'model',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{node,workerd}/**'],
          ...limits,
        },
      },
    ],
  },
});
