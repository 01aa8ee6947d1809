// `npm run fuzz -- N [SEED]`: the fuzz tests with other numbers.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [edits = '100000', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
console.log(`${edits} edits, seed ${seed}`);
const files = ['parse', 'engine', 'liveObjects', 'liveEvents'].map((name) =>
  join(import.meta.dirname, `${name}.test.ts`),
);
const env = { ...process.env, PODPATH_FUZZ: edits, PODPATH_SEED: seed };
const { status } = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
