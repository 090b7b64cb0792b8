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
  it('is the published one while there is no .dev.vars', () => {
    expect(findSecret(here, search()).secret).toBe('published');
  });

  it('is that of .dev.vars once it exists, as for the Worker itself', () => {
    writeOwn('# mine\nVASTAI_WEBHOOK_SECRET="from own file"\n');
    expect(findSecret(here, search()).secret).toBe('from own file');
  });

  it('is not the published one where .dev.vars has none, because the local Worker has none either', () => {
    writeOwn('OPS_TOKEN=x\n');
    expect(() => findSecret(here, search())).toThrow('.dev.vars has no VASTAI_WEBHOOK_SECRET');
  });

  it('is the environment’s before any file’s', () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    expect(findSecret(here, search({ environment })).secret).toBe('from-environment');
  });

  it('is the given one before all others', () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    expect(findSecret(here, search({ environment, given: 'given' })).secret).toBe('given');
  });

  it('is the endpoint’s own, without falling back to the unnamed one’s', () => {
    expect(() => findSecret(host, search())).toThrow('VASTAI_WEBHOOK_SECRET_HOST');
    writeOwn('VASTAI_WEBHOOK_SECRET=unnamed\nVASTAI_WEBHOOK_SECRET_HOST=of-host\n');
    expect(findSecret(host, search()).secret).toBe('of-host');
  });

  it('never comes from a file where the Worker is elsewhere', () => {
    writeOwn('VASTAI_WEBHOOK_SECRET=mine\n');
    expect(() => findSecret(elsewhere, search())).toThrow('VASTAI_WEBHOOK_SECRET');
  });

  it('counts as missing where it is empty', () => {
    for (const given of ['', ' ', '\n']) expect(() => findSecret(here, search({ given }))).toThrow('empty');
    writeOwn('VASTAI_WEBHOOK_SECRET=\n');
    expect(() => findSecret(here, search({ environment: { VASTAI_WEBHOOK_SECRET: '' } }))).toThrow('no secret');
  });

  it('is described by its place, not by its value', () => {
    expect(findSecret(here, search()).source).toBe(`VASTAI_WEBHOOK_SECRET from ${PUBLISHED_FILE}`);
  });

  it('is used as it is where it has white space at its ends, and that is said', () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'pasted ' };
    const source = 'VASTAI_WEBHOOK_SECRET from the environment, which has white space at its ends';
    expect(findSecret(elsewhere, search({ environment }))).toEqual({ secret: 'pasted ', source });
  });
});

it('takes your own file for the local Worker, and the committed one while there is none', () => {
  expect(localVarsFile(directory)).toBe(PUBLISHED_FILE);
  writeOwn('');
  expect(localVarsFile(directory)).toBe('.dev.vars');
});

it('gives the local Worker the published secrets, which it knows as such', () => {
  expect(parseEnv(readFileSync(join(projectRoot, PUBLISHED_FILE), 'utf8'))).toEqual(PUBLISHED_SECRETS);
});
