// Programs that see other files than this machine has, in a mount namespace of their own (Linux).
import { spawnSync } from 'node:child_process';
import { which } from './environment.mjs';

/** Who is not root may be it among mounts of its own. */
const unshareOptions = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];

/** Why no program can have mounts of its own here; `undefined` where one can. */
export function noOwnMounts() {
  const tried = spawnSync('unshare', [...unshareOptions, which('mount') ?? 'mount', '--bind', '/etc', '/etc']);
  return tried.status === 0 ? undefined : 'unshare can not make a mount namespace on this machine';
}

/**
 * A command line among mounts that a shell makes first: `prepare` finds `given` in `$given`, and `mount` in `$mount`.
 * @param {string} prepare
 * @param {string} given
 * @param {readonly string[]} command
 */
export function inOwnMounts(prepare, given, command) {
  const script = `mount=$1; given=$2; shift 2; ${prepare} && exec "$@"`;
  const args = [...unshareOptions, '/bin/sh', '-c', script, 'sh', which('mount') ?? 'mount', given, ...command];
  return { program: which('unshare') ?? 'unshare', args };
}
