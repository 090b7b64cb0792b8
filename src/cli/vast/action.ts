// What a command's action gets and gives back. How it is run is in program.ts.
import type { Output } from './terminal/output.ts';
import type { Surroundings } from './terminal/surroundings.ts';

export interface ActionContext {
  readonly surroundings: Surroundings;
  readonly output: Output;
}

/**
 * Wraps a command's action: builds its output, and keeps the exit code it returns (nothing means
 * 0). Ids are the only arguments there are.
 */
export type Action = <Options>(
  run: (context: ActionContext, options: Options, ids: readonly number[]) => Promise<number | undefined>,
) => (...parameters: unknown[]) => Promise<void>;
