// `npm test`: installs what is missing, runs every tier that this machine can, and ends with one line of totals.
// With CI=true a tier that did not run is a failure.
import { spawn } from 'node:child_process';
import { installDependencies, node, root, run } from './environment.mjs';
import { globSync } from './glob.mjs';

const wanted = process.argv.slice(2);
const longestTier = 20 * 60_000;

/** Tiers and tests that this machine can not run, and why. */
const notRun = [];

async function main() {
  await installDependencies();
  // What the tiers need may need the dependencies, which a fresh clone has only from here on.
  const { tiers } = await import('./tiers.mjs');
  const totals = { passed: 0, failed: 0, skipped: 0 };
  let built = false;
  for (const tier of tiers) {
    const files = globSync(tier.files);
    if (files.length === 0 || (wanted.length > 0 && !wanted.includes(tier.name))) continue;
    const prepared = tier.prepare === undefined ? {} : await tier.prepare().catch((error) => String(error.message));
    if (typeof prepared === 'string') {
      notRun.push(`${tier.name}: ${prepared}`);
      continue;
    }
    if (tier.build && !built) {
      await run('Building', node, ['esbuild.mjs']);
      built = true;
    }
    const result = await runTier(tier, files, prepared);
    for (const key of Object.keys(totals)) totals[key] += result[key];
  }
  for (const line of notRun) console.log(`not run: ${line}`);
  if (notRun.length > 0 && process.env.CI === 'true') totals.failed += notRun.length;
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

/** Runs the files of a tier by node's own runner and counts what its summary says. */
function runTier(tier, files, env) {
  const started = Date.now();
  console.log(`— ${tier.name} (${files.length} files)`);
  return new Promise((done) => {
    const args = ['--test', '--test-reporter=spec', `--test-concurrency=${tier.concurrency ?? 2}`, ...files];
    const child = spawn(node, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    // A test that failed before it closed what it opened must not keep everything waiting.
    const late = setTimeout(() => {
      console.log(`  ${tier.name} did not end in ${longestTier / 60_000} minutes`);
      child.kill();
    }, longestTier);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => {
      clearTimeout(late);
      const count = (name) => Number(new RegExp(`^ℹ ${name} (\\d+)`, 'm').exec(output)?.[1] ?? 0);
      const failed = count('fail') + count('cancelled');
      if (code !== 0) console.log(output);
      for (const [, test, why] of output.matchAll(/^\s*﹣ (.*?) \([\d.]+ms\) # (.*)$/gm))
        notRun.push(`${test}: ${why}`);
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      const result = {
        passed: count('pass'),
        failed: code !== 0 && failed === 0 ? 1 : failed,
        skipped: count('skipped') + count('todo'),
      };
      console.log(`  ${result.passed} passed, ${result.failed} failed in ${seconds} s`);
      done(result);
    });
  });
}

await main();
