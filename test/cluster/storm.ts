// Random but repeatable changes of many objects at once.
import type { ControlPlane } from '../../scripts/controlPlane.mjs';
import { deployment, paths, service } from './plane.ts';

const policy = (name: string, port: number) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec: { podSelector: { matchLabels: { app: name } }, ingress: [{ ports: [{ port }] }] },
});

/** Creates, scales, changes and deletes in a namespace; the same actions for the same seed. Rejects for no conflict. */
export async function storm(plane: ControlPlane, namespace: string, actions: number, seed: number): Promise<void> {
  const at = paths(namespace);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pending: Promise<unknown>[] = [];
  for (let n = 0; n < actions; n++) {
    const name = `storm-${random(8)}`;
    const choice = random(7);
    const act = async (): Promise<unknown> => {
      switch (choice) {
        case 0:
        case 1:
          await plane.admin.create(at.services, service(name));
          return plane.admin.create(at.deployments, deployment(name, random(4)));
        case 2:
          return plane.admin.patch(`${at.deployments}/${name}`, { spec: { replicas: random(5) } });
        case 3:
          return plane.admin.remove(`${at.deployments}/${name}`, { propagationPolicy: 'Background' });
        case 4:
          return plane.admin.create(at.policies, policy(name, 1 + random(1000)));
        case 5:
          return plane.admin.patch(`${at.policies}/${name}`, { metadata: { labels: { turn: String(n) } } });
        default:
          return plane.admin.remove(`${at.policies}/${name}`);
      }
    };
    // What is not there can't be changed.
    pending.push(act().catch(() => undefined));
    if (pending.length >= 8) await Promise.all(pending.splice(0));
  }
  await Promise.all(pending);
}
