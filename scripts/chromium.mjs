// The Chromium that tests drive: the machine's own, or Debian's where packages may be installed.
import { existsSync } from 'node:fs';
import { mayUseApt, run, versionOf, which } from './environment.mjs';

/** The path of a Chromium or Chrome: `PODPATH_CHROMIUM`, else the first one that is installed, else `undefined`. */
export function findChromium() {
  const named = process.env.PODPATH_CHROMIUM;
  if (named !== undefined) return existsSync(named) ? named : undefined;
  return ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'].map(which).find(Boolean);
}

/** Finds a Chromium or installs one; answers with `{ PODPATH_CHROMIUM }`, or with the sentence why there is none. */
export async function prepareChromium() {
  if (findChromium() === undefined && process.env.PODPATH_CHROMIUM === undefined && mayUseApt()) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('Reading package lists', 'apt-get', ['-qq', 'update'], { env });
    const packages = ['chromium', 'fonts-dejavu-core'];
    await run('Installing Chromium', 'apt-get', ['-qq', '-y', 'install', '--no-install-recommends', ...packages], {
      env,
    });
  }
  const path = findChromium();
  if (path === undefined)
    return 'there is no Chromium (PODPATH_CHROMIUM), and it can only be installed as root with apt-get';
  const version = versionOf(path, '--version', '--no-sandbox');
  return version === undefined ? `${path} does not start` : { PODPATH_CHROMIUM: path };
}
