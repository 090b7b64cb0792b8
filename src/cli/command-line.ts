// What all command lines share: exit code 2 for wrong usage, examples in every help, and how a
// number is written.
import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from './cli-failure.ts';

/**
 * @param name As the help shows it: `npm run trigger --`.
 * @param examples At least one: what stands behind the name, and may be empty.
 */
export function commandLine(name: string, ...examples: [string, ...string[]]): Command {
  // Commander has printed its message by now.
  const exit = ({ exitCode }: { exitCode: number }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage);
  return withExamples(new Command(name).exitOverride(exit), ...examples);
}

/** Ends a command's help with examples: each what stands behind its name, and may be empty. */
export function withExamples(command: Command, ...examples: [string, ...string[]]): Command {
  const lines = examples.map((example) => `\n  ${`${nameOf(command)} ${example}`.replace(/( --)? $/, '')}`);
  return command.addHelpText('after', `\nExample${lines.length > 1 ? 's' : ''}:${lines.join('')}`);
}

/** The name as it is called: behind those of the commands above it. */
function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** Parses the whole numbers from `least` to `most`, and nothing else. */
export function wholeNumber(least = 1, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return parserOf(/^\d+$/, `a whole number from ${least}`, least, most);
}

/** Parses a share, such as 0.05. */
export const share = parserOf(/^\d(\.\d+)?$/, 'a number from 0', 0, 1);

function parserOf(format: RegExp, what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (format.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be ${what}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}.`);
  };
}
