// kwok in place of the kubelets' exec: what is run in a container is run on this machine, by the tools that a test put into
// the folder `bin`. Nodes and pods stay with the status writer.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, which } from './environment.mjs';
import { goPrograms } from './goPrograms.mjs';
import { inOwnMounts, noOwnMounts } from './ownMounts.mjs';

/** The folder of the program in the cache, built where it lacks. */
export function kwokProgram() {
  return goPrograms({
    name: 'kwok',
    modules: join(root, 'test/cluster/kwok'),
    packages: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
    module: 'sigs.k8s.io/kwok',
  });
}

/** Every container runs programs on this machine; what they start themselves finds all that this machine has. */
const execs = `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata:
  name: every-container
spec:
  execs:
  - local:
      envs:
      - name: PATH
        value: ${JSON.stringify(process.env.PATH ?? '')}
---
# kwok wants a stage to begin with; no node of this cluster is its own.
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: none
spec:
  resourceRef:
    apiGroup: v1
    kind: Node
  selector:
    matchLabels:
      podpath.dev/none: none
  next: {}
`;

/** Writes kwok's configuration into a folder, with an empty folder `bin`; answers with how it is run. */
export function kwokCommand({ program, folder, kubeconfig, port }) {
  const config = join(folder, 'kwok.yaml');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(config, execs);
  const args = [
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--server-address=127.0.0.1:${port}`,
    '--manage-single-node=podpath-none',
  ];
  const env = { ...process.env, PATH: bin, HOME: folder };
  if (noOwnMounts() !== undefined) return { program, args, env };
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, '127.0.0.1 localhost\n');
  return { ...inOwnMounts('"$mount" --bind "$given" /etc/hosts', hosts, [program, ...args]), env };
}

/** Lets containers look these names up, by their addresses. */
export function nameHosts(folder, names) {
  const lines = Object.entries(names).map(([name, address]) => `${address} ${name}\n`);
  writeFileSync(join(folder, 'hosts'), lines.join(''));
}

/** Lets containers find these programs of this machine and no others; rejects for one that it does not have. */
export function linkTools(folder, names) {
  const bin = join(folder, 'bin');
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin);
  for (const name of names) {
    const program = which(name);
    if (program === undefined) throw new Error(`this machine has no ${name}`);
    symlinkSync(program, join(bin, name));
  }
}
