// What the cluster tests share: a control plane of their own, and short ways to write objects into it.
import { after } from 'node:test';
import { type ControlPlane, startControlPlane } from '../../scripts/controlPlane.mjs';
import { pause } from '../../scripts/kubeApi.mjs';

/** Starts a control plane that ends with the tests of this file. */
export async function ownPlane(): Promise<ControlPlane> {
  const programs = process.env['PODPATH_CONTROL_PLANE'];
  if (programs === undefined) throw new Error('run by npm test cluster, which builds the control plane');
  const plane = await startControlPlane(programs);
  after(() => plane.stop());
  return plane;
}

/** Waits until `isTrue` holds; rejects with `what` when it never does. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, limit = 90_000): Promise<void> {
  const end = Date.now() + limit;
  while (Date.now() < end) {
    if (await isTrue()) return;
    await pause(50);
  }
  throw new Error(`never: ${what}`);
}

/** The collection of a kind in a namespace. */
export function paths(namespace: string) {
  const core = `/api/v1/namespaces/${namespace}`;
  const group = (name: string): string => `/apis/${name}/namespaces/${namespace}`;
  return {
    pods: `${core}/pods`,
    services: `${core}/services`,
    configMaps: `${core}/configmaps`,
    secrets: `${core}/secrets`,
    deployments: `${group('apps/v1')}/deployments`,
    policies: `${group('networking.k8s.io/v1')}/networkpolicies`,
    slices: `${group('discovery.k8s.io/v1')}/endpointslices`,
  };
}

export function namespaceObject(name: string) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** A pod template's container that listens on one named port; its environment holds what must never be read. */
export function container(port: number) {
  return {
    name: 'app',
    image: 'registry.invalid/app:1',
    args: ['--password=hunter2'],
    env: [{ name: 'PASSWORD', value: 'hunter2' }],
    ports: [{ name: 'http', containerPort: port }],
  };
}

export function deployment(name: string, replicas: number, port = 8080, annotations: Record<string, string> = {}) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: { containers: [container(port)] } },
    },
  };
}

export function service(name: string, spec: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
  };
}

/** The definition of CiliumNetworkPolicy in one version, which takes anything. */
export function ciliumPolicies(version: string) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'ciliumnetworkpolicies.cilium.io' },
    spec: {
      group: 'cilium.io',
      names: { kind: 'CiliumNetworkPolicy', plural: 'ciliumnetworkpolicies', singular: 'ciliumnetworkpolicy' },
      scope: 'Namespaced',
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
