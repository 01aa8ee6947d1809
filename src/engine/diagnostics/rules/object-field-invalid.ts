import { t } from '@vscode/l10n';
import { parseCidr, parseIp } from '../../model/addresses.ts';
import { arrayAt, isObject, type JsonValue, numberAt, objectAt, stringAt, valueAt } from '../../model/json.ts';
import { isPortName } from '../../model/ports.ts';
import type { FieldPath, Resource } from '../../model/resource.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { misfits, type Shape } from '../shapes.ts';

const text: Shape = { is: 'text' };
const port: Shape = { is: 'number', from: 1, to: 65_535 };
const label = /^(?=.{1,63}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const dnsLabel: Shape = { is: 'text', fits: (one) => label.test(one), what: 'a name of small letters, digits and -' };
const address: Shape = { is: 'text', fits: (one) => parseIp(one) !== undefined, what: 'an IP address' };
const clusterIP: Shape = {
  is: 'text',
  fits: (one) => one === '' || one === 'None' || parseIp(one) !== undefined,
  what: 'an IP address or None',
};
const block: Shape = { is: 'text', fits: (one) => parseCidr(one.trim()) !== undefined, what: 'a CIDR block' };
const containerPort: Shape = { is: 'text', fits: (one) => one === '' || isPortName(one), what: 'the name of a port' };

/** Placeholders that a pipeline fills in are let pass. */
const labels: Shape = {
  is: 'map',
  of: {
    is: 'text',
    fits: (one) => one === '' || one.includes('$') || /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(one),
    what: 'a text of up to 63 letters, digits, -, _ and .',
  },
};

function oneOf(...names: readonly string[]): Shape {
  return { is: 'text', oneOf: names };
}

function object(fields: Readonly<Record<string, Shape>>, ...required: readonly string[]): Shape {
  return { is: 'object', fields, required };
}

const families = oneOf('IPv4', 'IPv6');
const protocols = oneOf('', 'TCP', 'UDP', 'SCTP');

/** kubernetes.io, API reference of Service v1 and its validation (pkg/apis/core/validation). */
const service = object({
  type: oneOf('', 'ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  selector: labels,
  clusterIP,
  externalIPs: { is: 'list', of: address },
  loadBalancerSourceRanges: { is: 'list', of: block },
  sessionAffinity: oneOf('', 'None', 'ClientIP'),
  externalTrafficPolicy: oneOf('', 'Cluster', 'Local'),
  internalTrafficPolicy: oneOf('Cluster', 'Local'),
  ipFamilyPolicy: oneOf('SingleStack', 'PreferDualStack', 'RequireDualStack'),
  ipFamilies: { is: 'list', of: families },
  ports: {
    is: 'list',
    of: object(
      {
        name: text,
        port,
        targetPort: { is: 'port' },
        nodePort: { is: 'number', from: 0, to: 65_535 },
        protocol: protocols,
      },
      'port',
    ),
  },
});

const container = object(
  {
    name: dnsLabel,
    ports: {
      is: 'list',
      of: object(
        {
          name: containerPort,
          containerPort: port,
          hostPort: { is: 'number', from: 0, to: 65_535 },
          protocol: protocols,
        },
        'containerPort',
      ),
    },
  },
  'name',
);
const podSpec = object({ containers: { is: 'list', of: container, isFilled: true } }, 'containers');
const template = object({ spec: podSpec }, 'spec');
const workload: Shape = object(
  {
    replicas: { is: 'number', from: 0, to: 2_147_483_647 },
    selector: object({ matchLabels: labels }),
    serviceName: text,
    template,
  },
  'selector',
  'template',
);

/** kubernetes.io, API reference of Ingress v1. */
const backendPort: Shape = { is: 'object', fields: { number: port, name: containerPort }, anyOf: ['number', 'name'] };
const backend = object({
  service: object({ name: dnsLabel, port: backendPort }, 'name', 'port'),
});
const ingressPath = object(
  { path: text, pathType: oneOf('Exact', 'Prefix', 'ImplementationSpecific'), backend },
  'pathType',
  'backend',
);
const http = object({ paths: { is: 'list', of: ingressPath, isFilled: true } }, 'paths');
const ingress = object({
  ingressClassName: {
    is: 'text',
    fits: (one) => /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(one),
    what: 'a name of small letters, digits, - and .',
  },
  defaultBackend: backend,
  rules: { is: 'list', of: object({ host: text, http }) },
});

/** kubernetes.io, API reference of ObjectMeta. */
const metadata = object({
  labels,
  annotations: { is: 'map', of: text },
});

interface Shaped {
  readonly group: string;
  readonly kind: string;
  readonly shape: Shape;
}

const shapes: readonly Shaped[] = [
  { group: '', kind: 'Pod', shape: podSpec },
  { group: '', kind: 'Service', shape: service },
  { group: 'apps', kind: 'DaemonSet', shape: workload },
  { group: 'apps', kind: 'Deployment', shape: workload },
  { group: 'apps', kind: 'ReplicaSet', shape: workload },
  { group: 'apps', kind: 'StatefulSet', shape: workload },
  { group: 'networking.k8s.io', kind: 'Ingress', shape: ingress },
];

const known = new WeakMap<Resource, readonly Finding[]>();

/** A running cluster has let its objects in; what is written is the same until its text is. */
function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const resource of snapshot.resources) {
    if (resource.origin.type !== 'manifest') continue;
    let own = known.get(resource);
    if (own === undefined) {
      own = [...foundIn(resource, snapshot)].map((one) => finding(resource, one));
      known.set(resource, own);
    }
    yield* own;
  }
}

function* foundIn(resource: Resource, snapshot: Snapshot): Generator<Found> {
  const { ref, apiVersion } = resource;
  const shaped = shapes.find(({ group, kind }) => group === ref.group && kind === ref.kind);
  if (shaped !== undefined && apiVersion.split('/').at(-1) === 'v1') yield* found(resource, shaped.shape);
  yield* ofMetadata(resource, ['metadata']);
  const template = snapshot.workload(ref)?.template.metadataPath ?? [];
  if (template.length > 1) yield* ofMetadata(resource, template);
}

function finding({ ref, origin }: Resource, { path, message }: Found): Finding {
  return {
    code: rule.code,
    message: t('{0}: {1}', ref.name.startsWith('(') ? ref.kind : ref.name, message),
    ref,
    origin,
    path,
    related: [],
    fixes: [],
  };
}

/** Labels and annotations that read as a number or as `true` are what people forget the quotes of. */
function* ofMetadata({ object: whole }: Resource, path: FieldPath): Generator<Found> {
  const value = valueAt(whole, ...path);
  if (value !== undefined && value !== null) yield* misfits(metadata, value, path);
}

interface Found {
  readonly path: FieldPath;
  readonly message: string;
}

function* found(resource: Resource, shape: Shape): Generator<Found> {
  const spec = valueAt(resource.object, 'spec');
  if (spec === undefined || spec === null) {
    yield { path: [], message: t('it needs a spec') };
    return;
  }
  yield* misfits(shape, spec, ['spec']);
  if (shape === workload && isEmptySelector(valueAt(spec, 'selector'))) {
    yield { path: ['spec', 'selector'], message: t('the selector is empty, and must choose the own pods') };
  }
  if (shape === ingress && isObject(spec) && arrayAt(spec, 'rules').length === 0 && spec['defaultBackend'] == null) {
    yield { path: ['spec'], message: t('an Ingress needs rules or a defaultBackend') };
  }
  if (shape === ingress) yield* pathsWithoutSlash(spec);
  if (shape === service) yield* nodePortsOfNone(spec);
  if (shape === service && needsPorts(resource)) {
    yield { path: ['spec'], message: t('a Service needs ports, unless it is headless or an ExternalName') };
  }
}

function* pathsWithoutSlash(spec: JsonValue): Generator<Found> {
  for (const [r, rule] of arrayAt(spec, 'rules').entries()) {
    for (const [p, entry] of arrayAt(rule, 'http', 'paths').entries()) {
      const type = stringAt(entry, 'pathType');
      const isAbsolute = stringAt(entry, 'path')?.startsWith('/') === true;
      if (isAbsolute || (type !== 'Exact' && type !== 'Prefix')) continue;
      yield { path: ['spec', 'rules', r, 'http', 'paths', p], message: t('{0} needs a path that begins with /', type) };
    }
  }
}

function* nodePortsOfNone(spec: JsonValue): Generator<Found> {
  const type = stringAt(spec, 'type') ?? 'ClusterIP';
  if (type !== 'ClusterIP' && type !== '') return;
  for (const [index, entry] of arrayAt(spec, 'ports').entries()) {
    if (!numberAt(entry, 'nodePort')) continue;
    yield { path: ['spec', 'ports', index, 'nodePort'], message: t('a nodePort needs type NodePort or LoadBalancer') };
  }
}

function isEmptySelector(selector: JsonValue | undefined): boolean {
  if (!isObject(selector)) return false;
  const size = (value: JsonValue | undefined): number => Object.keys(isObject(value) ? value : {}).length;
  return size(selector['matchLabels']) + arrayAt(selector, 'matchExpressions').length === 0;
}

function needsPorts({ object: whole }: Resource): boolean {
  const spec = objectAt(whole, 'spec');
  const ports = spec?.['ports'];
  const isEmpty = ports === undefined || ports === null || (Array.isArray(ports) && ports.length === 0);
  return (
    isEmpty && spec !== undefined && stringAt(spec, 'type') !== 'ExternalName' && stringAt(spec, 'clusterIP') !== 'None'
  );
}

const example = (value: string): string => `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector:
    app: backend
  ports:
    - port: ${value}
---
apiVersion: v1
kind: Pod
metadata:
  name: backend
  labels:
    app: backend
spec:
  containers:
    - name: backend
      ports:
        - containerPort: 80
`;

/** A field of a Service, workload or Ingress, or of any object's metadata, that the API server would refuse. */
export const rule: Rule = {
  code: 'object-field-invalid',
  summary:
    'A field of a Service, a workload, a Pod or an Ingress, or a label or annotation of any object, that the API server refuses.',
  description:
    'The object can not be applied as it stands: a number is no number or out of range, a field is missing, a label without quotes reads as a number or as true. Podpath goes on as if the field were absent, so answers about the object may be about less than was meant.',
  severity: 'error',
  reads: ['*'],
  example: { failing: example('"80"'), corrected: example('80') },
  check,
};
