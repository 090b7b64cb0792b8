// `npm run trigger -- …`: hands the command line and the real world to run-trigger.ts.
import { runTrigger } from './run-trigger.ts';
import { realSurroundings } from './vast/terminal/real-surroundings.ts';

process.exitCode = await runTrigger(process.argv.slice(2), realSurroundings());
