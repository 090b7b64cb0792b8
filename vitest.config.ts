// Two projects: what must hold inside the Workers runtime, and what runs around it in Node (CLI, deployed pipeline, README).
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

const nodeTests = ['browser', 'cli', 'cost', 'deployed', 'fuzz', 'project', 'simulation'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
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
                OPS_TOKEN: 'ops-test-token',
              },
            },
          }),
        ],
        test: {
          name: 'workers',
          // Servers that answer like Slack, Discord and Google Chat, for test/destinations/.
          globalSetup: './test/deployed/local-platforms.ts',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: nodeTests,
        },
      },
      {
        // The simulation runs the Worker's own modules outside workerd.
        resolve: { alias: { 'cloudflare:workers': `${import.meta.dirname}/test/simulation/cloudflare-workers.ts` } },
        test: { name: 'node', include: nodeTests, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
      },
    ],
  },
});
