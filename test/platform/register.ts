// Lets plain Node load the Worker's own modules, pages included. Import it before anything of
// `src/`; Vitest needs it not.
import '../simulation/register-runtime.ts';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

// Node strips types but knows no JSX. The same compiler bundles the Worker for its deployment.
registerHooks({
  load: (url, context, next) => {
    if (!url.endsWith('.tsx')) return next(url, context);
    const source = readFileSync(fileURLToPath(url), 'utf8');
    const { code } = transformSync(source, { loader: 'tsx', jsx: 'automatic', jsxImportSource: 'hono/jsx' });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
