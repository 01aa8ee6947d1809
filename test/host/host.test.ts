import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { scratchCopy } from '../../scripts/vscodeServer.mjs';
import { buildSuite, readOutcomes, root, startWorkbench } from './launch.ts';

/** `desktop` downloads a VS Code by @vscode/test-electron; it needs a display and the network. */
const launcher = process.env['PODPATH_HOST'] ?? 'embedded';

async function runEmbedded(): Promise<string> {
  const workbench = await startWorkbench();
  try {
    await workbench.newPage({ tests: await buildSuite() });
    assert.deepEqual(workbench.foreign, [], 'nothing is asked of the network');
    return workbench.result;
  } finally {
    await workbench.close();
  }
}

async function runDesktop(): Promise<string> {
  const { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } = await import(
    '@vscode/test-electron'
  );
  const vscodeExecutablePath = await downloadAndUnzipVSCode('stable');
  const [cli, ...args] = resolveCliArgsFromVSCodeExecutablePath(vscodeExecutablePath);
  spawnSync(cli ?? '', [...args, '--install-extension', process.env['PODPATH_VSIX'] ?? '', '--force'], {
    stdio: 'inherit',
  });
  const result = join(mkdtempSync(join(tmpdir(), 'podpath-result-')), 'result.json');
  await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: join(root, 'test/host/carrier'),
    extensionTestsPath: await buildSuite(),
    launchArgs: [scratchCopy(join(root, 'examples/shop')), '--disable-workspace-trust'],
    extensionTestsEnv: { PODPATH_HOST_RESULT: result },
  }).catch(() => undefined);
  return result;
}

test(`in the extension host of a real VS Code (${launcher})`, async (t) => {
  const outcomes = readOutcomes(await (launcher === 'desktop' ? runDesktop() : runEmbedded()));
  assert.ok(outcomes.length > 5);
  for (const { name, error } of outcomes) {
    await t.test(name, () => {
      if (error !== undefined) assert.fail(error);
    });
  }
});

test('a workspace that is on no disk is read through VS Code (embedded)', async () => {
  const workbench = await startWorkbench();
  try {
    const workspace = join(dirname(workbench.folder), 'memory.code-workspace');
    writeFileSync(workspace, JSON.stringify({ folders: [{ uri: 'memory:/shop', name: 'shop' }] }));
    await workbench.newPage({ tests: await buildSuite('virtual'), workspace });
    for (const { name, error } of readOutcomes(workbench.result)) assert.equal(error, undefined, name);
  } finally {
    await workbench.close();
  }
});
