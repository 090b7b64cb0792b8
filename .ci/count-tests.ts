// Prints `N passed, N failed` from vitest's JSON report, and exits 1 unless nothing failed.
// Usage: count-tests.ts <report> <vitest's exit code> <how many other steps failed>
import { existsSync, readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const [path = '', exitCode = '1', failedSteps = '0'] = process.argv.slice(2);
const report: Report = existsSync(path)
  ? JSON.parse(readFileSync(path, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 0, testResults: [] };

// A file that does not load has no tests that could fail, and an error outside the tests belongs to
// none of them: each counts as one.
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failedTests = report.numFailedTests + unloaded.length;
const unexplained = failedTests === 0 && exitCode !== '0' ? 1 : 0;
const failed = failedTests + unexplained + Number(failedSteps);

console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
