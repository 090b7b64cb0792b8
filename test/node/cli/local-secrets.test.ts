import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSecret, localVarsFile, type SecretSearch } from '../../../src/cli/local-secrets.ts';
import { projectRoot } from '../../../src/cli/project-root.ts';
import { targetOf } from '../../../src/cli/target.ts';
import { PUBLISHED_SECRETS } from '../../../src/published-secrets.ts';

const PUBLISHED_FILE = 'src/cli/dev.vars';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vastai-secrets-'));
  mkdirSync(join(directory, 'src/cli'), { recursive: true });
  writeFileSync(join(directory, PUBLISHED_FILE), 'VASTAI_WEBHOOK_SECRET=published\n');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const search = (changes: Partial<SecretSearch> = {}): SecretSearch => ({
  environment: {},
  directory,
  ...changes,
});

const here = targetOf('http://localhost:8787');
const host = targetOf('http://localhost:8787', 'host');
const elsewhere = targetOf('https://w.example');

const writeOwn = (text: string) => writeFileSync(join(directory, '.dev.vars'), text);

describe('the secret of a test delivery', () => {
  it('is the published one while there is no .dev.vars', async () => {
    await expect(findSecret(here, search())).resolves.toHaveProperty('secret', 'published');
  });

  it('is that of .dev.vars once it exists, as for the Worker itself', async () => {
    writeOwn('# mine\nVASTAI_WEBHOOK_SECRET="from own file"\n');
    await expect(findSecret(here, search())).resolves.toHaveProperty('secret', 'from own file');
  });

  it('is not the published one where .dev.vars has none, because the local Worker has none either', async () => {
    writeOwn('OPS_TOKEN=x\n');
    await expect(findSecret(here, search())).rejects.toThrow('.dev.vars has no VASTAI_WEBHOOK_SECRET');
  });

  it('is the environment’s before any file’s', async () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    await expect(findSecret(here, search({ environment }))).resolves.toHaveProperty('secret', 'from-environment');
  });

  it('is the given one before all others', async () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    await expect(findSecret(here, search({ environment, given: 'given' }))).resolves.toHaveProperty('secret', 'given');
  });

  it('is the endpoint’s own, without falling back to the unnamed one’s', async () => {
    await expect(findSecret(host, search())).rejects.toThrow('VASTAI_WEBHOOK_SECRET_HOST');
    writeOwn('VASTAI_WEBHOOK_SECRET=unnamed\nVASTAI_WEBHOOK_SECRET_HOST=of-host\n');
    await expect(findSecret(host, search())).resolves.toHaveProperty('secret', 'of-host');
  });

  it('never comes from a file where the Worker is elsewhere', async () => {
    writeOwn('VASTAI_WEBHOOK_SECRET=mine\n');
    await expect(findSecret(elsewhere, search())).rejects.toThrow('VASTAI_WEBHOOK_SECRET');
  });

  it('is asked for where the Worker is elsewhere and somebody can answer', async () => {
    const questions: string[] = [];
    const askHidden = async (question: string) => {
      questions.push(question);
      return 'typed';
    };
    await expect(findSecret(elsewhere, search({ askHidden }))).resolves.toHaveProperty('secret', 'typed');
    expect(questions).toEqual(['VASTAI_WEBHOOK_SECRET:']);
    await findSecret(here, search({ askHidden }));
    expect(questions).toHaveLength(1);
  });

  it.each(['', ' \n'])('is refused where %j is entered', async (typed) => {
    const entered = findSecret(elsewhere, search({ askHidden: async () => typed }));
    await expect(entered).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('empty') });
  });

  it('is never taken from the command line for a Worker elsewhere', async () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    const refused = { exitCode: 2, message: expect.stringContaining('set VASTAI_WEBHOOK_SECRET in the environment') };
    await expect(findSecret(elsewhere, search({ environment, given: 'given' }))).rejects.toMatchObject(refused);
  });

  it('counts as missing where it is empty', async () => {
    await expect(findSecret(here, search({ given: '' }))).rejects.toThrow('empty');
    writeOwn('VASTAI_WEBHOOK_SECRET=\n');
    await expect(findSecret(here, search({ environment: { VASTAI_WEBHOOK_SECRET: '' } }))).rejects.toThrow('no secret');
  });

  it('is described by its place, not by its value', async () => {
    await expect(findSecret(here, search())).resolves.toHaveProperty(
      'source',
      `VASTAI_WEBHOOK_SECRET from ${PUBLISHED_FILE}`,
    );
  });
});

it('takes your own file for the local Worker, and the committed one while there is none', async () => {
  expect(localVarsFile(directory)).toBe(PUBLISHED_FILE);
  writeOwn('');
  expect(localVarsFile(directory)).toBe('.dev.vars');
});

it('gives the local Worker the published secrets, which it knows as such', () => {
  expect(parseEnv(readFileSync(join(projectRoot, PUBLISHED_FILE), 'utf8'))).toEqual(PUBLISHED_SECRETS);
});
