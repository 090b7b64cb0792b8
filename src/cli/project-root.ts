import { fileURLToPath } from 'node:url';

/** The directory that holds wrangler.toml, whatever directory a command is called from. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));
