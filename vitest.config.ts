// A folder of test/ says where its tests run: `workerd` in the Workers runtime, `node` around it (commands, deployed
// pipeline, browser, documents), and everything else in Node on a model of the platform. The user's own tests stand
// beside their handlers and run in workerd.
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { ownHandlers } from './test/own-handlers.ts';

const inNode = { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false };

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
                OPS_TOKEN: 'ops-token-of-the-workerd-tests',
              },
            },
          }),
        ],
        resolve: { alias: ownHandlers },
        test: {
          name: 'workerd',
          // Servers that answer like Slack, Discord and Google Chat.
          globalSetup: './test/node/deployed/local-platforms.ts',
          include: ['test/workerd/**/*.test.{ts,tsx}', 'src/handlers/*.test.ts'],
        },
      },
      { test: { name: 'node', include: ['test/node/**/*.test.ts'], ...inNode } },
      {
        // The Worker's own modules, outside workerd.
        resolve: { alias: { 'cloudflare:workers': `${import.meta.dirname}/test/simulation/cloudflare-workers.ts` } },
        test: {
          name: 'model',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{node,workerd}/**'],
          ...inNode,
        },
      },
    ],
  },
});
