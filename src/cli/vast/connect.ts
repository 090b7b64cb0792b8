// What most commands begin with: the key, and the API behind it.
import { apiBaseUrl, createApiClient } from './api-client.ts';
import { apiKey } from './api-key.ts';
import { createOpsClient, type OpsClient } from './ops-client.ts';
import type { Output } from './output.ts';
import type { Surroundings } from './surroundings.ts';
import { createVastApi, type VastApi } from './vast-api.ts';
import type { WebhookTarget } from './webhook-url.ts';

/** @throws CliFailure where there is no key, or no address it may be sent to. */
export async function connectToVast(surroundings: Surroundings, output: Output): Promise<VastApi> {
  // Before the key is asked for: an address that may not have it needs no key.
  apiBaseUrl(surroundings.env);
  const key = await apiKey(surroundings, output);
  return createVastApi(createApiClient(surroundings, { key }));
}

/** The Worker's ops API, where its token is given. */
export function connectToOps(
  surroundings: Surroundings,
  output: Output,
  { worker }: WebhookTarget,
): OpsClient | undefined {
  const token = surroundings.env.OPS_TOKEN;
  if (!token) return undefined;
  output.protect(token);
  return createOpsClient(surroundings, worker, token);
}
