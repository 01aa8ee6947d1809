import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, type JsonObject, parseManifest } from '../../src/engine/index.ts';

function launcher(name: string, metadata: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'a', ...metadata }, spec: { containers: [] } };
}

function workloads(objects: readonly JsonObject[]): readonly string[] {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'a.yaml').documents.flatMap((one) => one.resources);
  const all = buildSnapshot({ scope: 'a', resources }).workloads.filter((one) => !one.system);
  return all.map(({ ref, pods }) => `${ref.kind} ${ref.name}: ${pods.map((pod) => pod.ref.name).join()}`);
}

const machine = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name: 'vm', namespace: 'a' },
  spec: { template: { spec: { domain: {} } } },
};

test('the pod that runs a virtual machine is the machine’s, by its owner or by its labels', () => {
  const instance = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', name: 'vm', controller: true };
  const owned = launcher('virt-launcher-vm-x', { ownerReferences: [instance] });
  assert.deepEqual(workloads([machine, owned]), ['VirtualMachine vm: virt-launcher-vm-x']);
  const labels = { 'kubevirt.io': 'virt-launcher', 'vm.kubevirt.io/name': 'vm' };
  assert.deepEqual(workloads([machine, launcher('l', { labels })]), ['VirtualMachine vm: l']);
});

test('without the machine it stands for itself', () => {
  const labels = { 'kubevirt.io': 'virt-launcher', 'vm.kubevirt.io/name': 'vm' };
  assert.deepEqual(workloads([launcher('l', { labels })]), ['Pod l: l']);
});
