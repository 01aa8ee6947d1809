import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepTokens } from '../../src/sources/identityProvider.ts';

const text = `# written by hand
apiVersion: v1
users:
- name: ada
  user:
    token: x
- name: grace # of the provider
  user:
    auth-provider:
      name: oidc
      config: {client-id: kubectl, id-token: a.b.c, refresh-token: "old"}
current-context: ''
`;

const tokens = { idToken: 'd.e.f', refreshToken: 'new' };

test('renewed tokens take the place of the ended ones in a kubeconfig, and nothing else changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-tokens-'));
  const [file, link] = [join(folder, 'config'), join(folder, 'link')];
  writeFileSync(file, text, { mode: 0o600 });
  symlinkSync(file, link);
  keepTokens(link, 'other', tokens);
  assert.equal(readFileSync(file, 'utf8'), text);
  keepTokens(link, 'old', tokens);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, 'utf8'), text.replace('a.b.c', '"d.e.f"').replace('"old"', '"new"'));
  assert.equal(existsSync(`${file}.lock`), false);
});

test('a kubeconfig that another program is writing is left alone', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'podpath-tokens-')), 'config');
  writeFileSync(file, text);
  writeFileSync(`${file}.lock`, '');
  keepTokens(file, 'old', tokens);
  assert.equal(readFileSync(file, 'utf8'), text);
  assert.ok(existsSync(`${file}.lock`));
});
