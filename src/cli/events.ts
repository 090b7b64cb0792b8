// `npm run events -- …`: hands the command line and the real world to run-events.ts.
import { EXIT } from './cli-failure.ts';
import { runEvents } from './run-events.ts';
import { realSurroundings } from './vast/terminal/real-surroundings.ts';

// Whoever read along has read enough, as `head` does.
process.stdout.on('error', () => process.exit(EXIT.ok));
process.exitCode = await runEvents(process.argv.slice(2), realSurroundings());
