import { join } from 'node:path';

/** The directory that holds wrangler.toml, whatever directory a command is called from. */
export const projectRoot = join(import.meta.dirname, '../..');
