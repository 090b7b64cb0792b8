// Loaded before each command, in JavaScript that old versions of Node read, too: they would answer
// the commands' TypeScript with a stack trace.
if (!process.features.typescript) {
  const needed = require('../../package.json').engines.node.replace('>=', '');
  console.error(`error: Node ${process.versions.node} runs this; it takes ${needed} or newer (nodejs.org).`);
  process.exit(1);
}

// Node 24.0 to 24.2 warn of running TypeScript, which they do well.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith('Type Stripping')) emitWarning(warning, ...rest);
};
