// Programs of other projects that tests run, built once from their Go modules into the cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cache, run, which } from './environment.mjs';

/**
 * Builds what the cache lacks of `packages` (program names to Go packages) by the `modules` folder's go.mod. The folder in
 * the cache belongs to exactly these modules, and is named for the version of `module` among them. `{ folder }`, or
 * `{ problem }`, a sentence.
 */
export async function goPrograms({ name, modules, packages, module }) {
  const text = readFileSync(join(modules, 'go.mod'), 'utf8') + readFileSync(join(modules, 'go.sum'), 'utf8');
  const version = text.split(`${module} `)[1]?.match(/^v[\d.]+/)?.[0] ?? 'v0.0.0';
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const folder = join(cache, `${name}-${version}-${digest}`);
  const missing = Object.keys(packages).filter((one) => !existsSync(join(folder, one)));
  if (missing.length === 0) return { folder };
  if (which('go') === undefined) {
    return { problem: 'there is no Go toolchain (go 1.26 or newer), which builds the control plane once' };
  }
  mkdirSync(folder, { recursive: true });
  const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  // Pure Go needs no C compiler and runs wherever the cache is mounted.
  const env = { ...process.env, CGO_ENABLED: '0' };
  for (const one of missing) {
    const made = join(folder, `${one}.new`);
    const args = ['build', '-trimpath', '-ldflags', flags, '-o', made, packages[one]];
    await run(`Building ${one} (once; minutes)`, 'go', args, { cwd: modules, env });
    renameSync(made, join(folder, one));
  }
  return { folder };
}
