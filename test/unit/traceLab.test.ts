import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { branchTo, scopeOf, taps, traced } from '../golden/scope.ts';

/**
 * Addresses and TTLs that real packets had between real network namespaces, for four datapaths. Each line is what a
 * tap showed where the packet left its sender, between the nodes (with the outer header) and where it arrived.
 */
const text = readFileSync(new URL('../golden/lab.yaml', import.meta.url), 'utf8');
const a1 = '10.244.1.2';
const a2 = '10.244.1.3';
const b1 = '10.244.2.2';
const b2 = '10.244.2.3';
const na = '192.168.77.11';
const nb = '192.168.77.12';
const outside = '192.168.77.100';
const vip = '10.96.0.10';

interface Datapath {
  readonly cni: string;
  readonly tunnel: boolean;
  /** TTL of a packet between two pods of one node. */
  readonly sameNode: number;
  /** The address that node na masquerades to, and uses itself, towards its own pods and towards those of nb. */
  readonly local: string;
  readonly remote: string;
  /** The same towards its own pods on nb. */
  readonly localOnB: string;
}

const datapaths: readonly Datapath[] = [
  {
    cni: 'flannel-vxlan',
    tunnel: true,
    sameNode: 64,
    local: '10.244.1.1',
    remote: '10.244.1.0',
    localOnB: '10.244.2.1',
  },
  { cni: 'flannel-host-gw', tunnel: false, sameNode: 64, local: '10.244.1.1', remote: na, localOnB: '10.244.2.1' },
  { cni: 'calico-vxlan', tunnel: true, sameNode: 63, local: na, remote: '10.244.1.0', localOnB: nb },
  { cni: 'calico-bgp', tunnel: false, sameNode: 63, local: na, remote: na, localOnB: nb },
];

for (const { cni, tunnel, sameNode, local, remote, localOnB } of datapaths) {
  const derived = scopeOf(text, { cni, proxy: 'iptables' });
  const there = tunnel ? ` [${na}>${nb}]` : '';
  const back = tunnel ? ` [${nb}>${na}]` : '';

  test(`${cni}: pod to pod`, () => {
    const same = traced(derived, 'default/a2', 'default/a1:8080').branches[0];
    assert.deepEqual(taps(same?.forward ?? []), [`${a2}>${a1}:8080 ttl 64`, `${a2}>${a1}:8080 ttl ${sameNode}`]);
    const cross = traced(derived, 'default/a2', 'default/b1:8080').branches[0];
    assert.deepEqual(taps(cross?.forward ?? []), [
      `${a2}>${b1}:8080 ttl 64`,
      `${a2}>${b1}:8080 ttl 63${there}`,
      `${a2}>${b1}:8080 ttl 62`,
    ]);
    assert.deepEqual(taps(cross?.reverse ?? []), [
      `${b1}>${a2}:40000 ttl 64`,
      `${b1}>${a2}:40000 ttl 63${back}`,
      `${b1}>${a2}:40000 ttl 62`,
    ]);
  });

  test(`${cni}: pod to ClusterIP`, () => {
    const answer = traced(derived, 'default/a2', 'default/svc/web:80');
    const cross = branchTo(answer, 'b1');
    assert.deepEqual(taps(cross.forward), [
      `${a2}>${vip}:80 ttl 64`,
      `${a2}>${b1}:8080 ttl 63${there}`,
      `${a2}>${b1}:8080 ttl 62`,
    ]);
    assert.deepEqual(taps(cross.reverse), [
      `${b1}>${a2}:40000 ttl 64`,
      `${b1}>${a2}:40000 ttl 63${back}`,
      `${vip}>${a2}:40000 ttl 62`,
    ]);
    const same = branchTo(answer, 'a1');
    assert.deepEqual(taps(same.forward), [`${a2}>${vip}:80 ttl 64`, `${a2}>${a1}:8080 ttl ${sameNode}`]);
    assert.deepEqual(taps(same.reverse), [`${a1}>${a2}:40000 ttl 64`, `${vip}>${a2}:40000 ttl ${sameNode}`]);
    for (const branch of answer.branches) {
      assert.equal(branch.serverSees.ip, a2);
      assert.equal(branch.masquerade, false);
    }
  });

  test(`${cni}: pod to itself through its Service`, () => {
    const branch = branchTo(traced(derived, 'default/a1', 'default/svc/web:80'), 'a1');
    assert.equal(branch.serverSees.ip, local);
    assert.deepEqual(taps(branch.forward), [`${a1}>${vip}:80 ttl 64`, `${local}>${a1}:8080 ttl ${sameNode}`]);
    assert.deepEqual(taps(branch.reverse), [`${a1}>${local}:40000 ttl 64`, `${vip}>${a1}:40000 ttl ${sameNode}`]);
  });

  test(`${cni}: node port from outside`, () => {
    const answer = traced(derived, outside, `${na}:30080`);
    const far = branchTo(answer, 'b2');
    assert.deepEqual(taps(far.forward), [
      `${outside}>${na}:30080 ttl 64`,
      `${remote}>${b2}:8080 ttl 63${there}`,
      `${remote}>${b2}:8080 ttl 62`,
    ]);
    assert.deepEqual(taps(far.reverse), [
      `${b2}>${remote}:40000 ttl 64`,
      `${b2}>${remote}:40000 ttl 63${back}`,
      `${na}>${outside}:40000 ttl 62`,
    ]);
    const near = branchTo(answer, 'a1');
    assert.deepEqual(taps(near.forward), [`${outside}>${na}:30080 ttl 64`, `${local}>${a1}:8080 ttl 63`]);
    assert.equal(near.serverSees.ip, local);
    assert.deepEqual(
      answer.branches.map((one) => one.serverSees.ip),
      [local, remote, remote],
    );
  });

  test(`${cni}: the node itself`, () => {
    const service = traced(derived, 'node/na', 'default/svc/web:80');
    assert.deepEqual(
      service.branches.map((one) => one.serverSees.ip),
      [local, remote, remote],
    );
    const pod = traced(derived, 'node/na', 'default/b1:8080').branches[0];
    assert.equal(pod?.serverSees.ip, remote);
    assert.equal(pod?.masquerade, false);
    assert.equal(pod?.forward[0]?.steps.at(-1)?.after.src, remote);
    const own = traced(derived, 'node/nb', 'default/b2:9090');
    assert.equal(own.disposition, 'delivered');
    assert.equal(own.branches[0]?.serverSees.ip, localOnB);
  });

  test(`${cni}: policy`, () => {
    assert.equal(traced(derived, 'default/a2', 'default/b2:9090').disposition, 'delivered');
    const denied = cni.startsWith('flannel') ? 'not-enforced' : 'denied-ingress';
    for (const from of ['default/a1', 'default/b1']) {
      const answer = traced(derived, from, 'default/b2:9090');
      assert.equal(answer.disposition, denied);
      assert.equal(answer.branches[0]?.clientSees, denied === 'not-enforced' ? 'connected' : 'timeout');
    }
  });

  test(`${cni}: pod to outside`, () => {
    const answer = traced(derived, 'default/b1', `${outside}:80`);
    assert.equal(answer.disposition, 'exits-cluster');
    assert.equal(answer.branches[0]?.serverSees.ip, nb);
  });

  test(`${cni}: MTU`, () => {
    const branch = traced(derived, 'default/a2', 'default/b1:8080').branches[0];
    assert.equal(branch?.pathMtu, tunnel ? 1450 : 1500);
  });
}
