// The test tiers: what each runs, and what it needs. `prepare` makes ready what it can and answers with the
// environment of the tier, or with a sentence that says why it can't run here.
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareChromium } from './chromium.mjs';
import { prepareControlPlane } from './controlPlane.mjs';
import { cache, root, run, which } from './environment.mjs';
import { packageExtension } from './package.mjs';
import { installVsCode } from './vscodeServer.mjs';

const shared = resolve(process.env.PODPATH_SHARED ?? join(root, '../shared'));

/** The peers' test suites are no part of the project; only some tiers compare with them. */
function peers() {
  return existsSync(join(shared, 'corpus')) ? undefined : `the peers' suites are not at ${shared} (PODPATH_SHARED)`;
}

async function buildJudge() {
  const missing = peers() ?? (which('go') ? undefined : 'there is no Go toolchain');
  if (missing !== undefined) return missing;
  mkdirSync(cache, { recursive: true });
  const judge = join(cache, 'judge');
  await run('Building the YAML judge', 'go', ['build', '-o', judge, '.'], { cwd: join(root, 'test/judge') });
  return { PODPATH_JUDGE: judge };
}

/** A real VS Code with the packaged extension, the browser that shows its workbench, and a cluster to connect to. */
async function prepareHost() {
  const chromium = await prepareChromium();
  if (typeof chromium === 'string') return chromium;
  await installVsCode();
  const { target } = await packageExtension();
  const plane = await prepareControlPlane();
  if (typeof plane === 'string') return plane;
  return { ...chromium, ...plane, PODPATH_VSIX: target };
}

export const tiers = [
  {
    name: 'unit',
    files: [
      'test/unit/**/*.test.ts',
      'test/rules/**/*.test.ts',
      'test/golden/**/*.test.ts',
      'test/architecture.test.ts',
    ],
  },
  { name: 'cli', files: ['test/cli/**/*.test.ts'], build: true },
  { name: 'oracle', files: ['test/oracle/**/*.test.ts'], prepare: async () => peers() ?? {} },
  { name: 'judge', files: ['test/judge/**/*.test.ts'], prepare: buildJudge },
  { name: 'fuzz', files: ['test/fuzz/**/*.test.ts'], prepare: async () => peers() ?? {} },
  { name: 'cluster', files: ['test/cluster/**/*.test.ts'], prepare: prepareControlPlane, build: true, concurrency: 1 },
  { name: 'browser', files: ['test/browser/**/*.test.ts'], prepare: prepareChromium },
  { name: 'host', files: ['test/host/**/*.test.ts'], prepare: prepareHost, concurrency: 1 },
];
