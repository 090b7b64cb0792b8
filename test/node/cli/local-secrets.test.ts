import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSecret, localVarsFile, type SecretSearch, secretNameOf } from '../../../src/cli/local-secrets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vastai-secrets-'));
  writeFileSync(join(directory, '.dev.vars.example'), 'VASTAI_WEBHOOK_SECRET=from-example\n');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const search = (changes: Partial<SecretSearch> = {}): SecretSearch => ({
  environment: {},
  local: true,
  directory,
  ...changes,
});

const writeOwn = (text: string) => writeFileSync(join(directory, '.dev.vars'), text);

describe('the secret of a test delivery', () => {
  it('is the example’s while there is no .dev.vars', () => {
    expect(findSecret(undefined, search())).toMatchObject({ ok: true, value: { secret: 'from-example' } });
  });

  it('is that of .dev.vars once it exists, as for the Worker itself', () => {
    writeOwn('# mine\nVASTAI_WEBHOOK_SECRET="from own file"\n');
    expect(findSecret(undefined, search())).toMatchObject({ ok: true, value: { secret: 'from own file' } });
  });

  it('does not come from the example where .dev.vars has none, because the local Worker has none either', () => {
    writeOwn('OPS_TOKEN=x\n');
    expect(findSecret(undefined, search())).toMatchObject({ ok: false });
  });

  it('is the environment’s before any file’s', () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    expect(findSecret(undefined, search({ environment }))).toMatchObject({ value: { secret: 'from-environment' } });
  });

  it('is the given one before all others', () => {
    const environment = { VASTAI_WEBHOOK_SECRET: 'from-environment' };
    expect(findSecret(undefined, search({ environment, given: 'given' }))).toMatchObject({
      value: { secret: 'given' },
    });
  });

  it('is the endpoint’s own, without falling back to the unnamed one’s', () => {
    expect(findSecret('host', search())).toMatchObject({ ok: false });
    writeOwn('VASTAI_WEBHOOK_SECRET=unnamed\nVASTAI_WEBHOOK_SECRET_HOST=of-host\n');
    expect(findSecret('host', search())).toMatchObject({ ok: true, value: { secret: 'of-host' } });
  });

  it('never comes from a file where the Worker is elsewhere', () => {
    writeOwn('VASTAI_WEBHOOK_SECRET=mine\n');
    const found = findSecret(undefined, search({ local: false }));
    expect(found).toMatchObject({ ok: false, failure: expect.stringContaining('VASTAI_WEBHOOK_SECRET') });
  });

  it('counts as missing where it is empty', () => {
    expect(findSecret(undefined, search({ given: '' }))).toMatchObject({ ok: false });
    writeOwn('VASTAI_WEBHOOK_SECRET=\n');
    expect(findSecret(undefined, search({ environment: { VASTAI_WEBHOOK_SECRET: '' } }))).toMatchObject({ ok: false });
  });

  it('is described by its place, not by its value', () => {
    const found = findSecret(undefined, search());
    expect(found).toMatchObject({ value: { source: 'VASTAI_WEBHOOK_SECRET from .dev.vars.example' } });
  });
});

it('names an endpoint’s variable in capitals, with underscores for dashes', () => {
  expect(secretNameOf(undefined)).toBe('VASTAI_WEBHOOK_SECRET');
  expect(secretNameOf('gpu-farm')).toBe('VASTAI_WEBHOOK_SECRET_GPU_FARM');
});

it('takes your own file for the local Worker, and the example while there is none', () => {
  expect(localVarsFile(directory)).toBe('.dev.vars.example');
  writeOwn('');
  expect(localVarsFile(directory)).toBe('.dev.vars');
});
