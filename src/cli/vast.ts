// `npm run vast -- …`: hands the command line and the real world to vast/program.ts.
import { runVast } from './vast/program.ts';
import { realSurroundings } from './vast/terminal/real-surroundings.ts';

process.exitCode = await runVast(process.argv.slice(2), realSurroundings());
