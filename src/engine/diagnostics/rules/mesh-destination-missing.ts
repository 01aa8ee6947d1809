import { t } from '@vscode/l10n';
import { arrayAt, isObject, stringAt, stringsAt } from '../../model/json.ts';
import { nearest } from '../../model/nearest.ts';
import type { FieldPath, Resource } from '../../model/resource.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { hasWorkloads, missing } from '../missing.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

const group = 'networking.istio.io';

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const resource of snapshot.ofKind(group, 'VirtualService')) {
    for (const { host, subset, path } of destinations(resource)) {
      const found = problemOf(snapshot, resource, host, subset);
      if (found === undefined) continue;
      yield missing(snapshot, found.namespace, {
        code: rule.code,
        message: found.message,
        ref: resource.ref,
        path: [...path, found.field],
        related: [],
        fixes:
          found.nearest === undefined
            ? []
            : [
                {
                  title: t('Use {0}', found.nearest),
                  target: resource.ref,
                  changes: [{ kind: 'set', path: [...path, found.field], value: found.nearest }],
                },
              ],
      });
    }
  }
}

interface Destination {
  readonly host: string;
  readonly subset: string | undefined;
  readonly path: FieldPath;
}

function destinations({ object }: Resource): readonly Destination[] {
  return ['http', 'tcp', 'tls'].flatMap((protocol) =>
    arrayAt(object, 'spec', protocol).flatMap((one, r) =>
      arrayAt(one, 'route').flatMap((route, d): Destination[] => {
        const host = stringAt(route, 'destination', 'host');
        const path = ['spec', protocol, r, 'route', d, 'destination'];
        return host === undefined ? [] : [{ host, subset: stringAt(route, 'destination', 'subset'), path }];
      }),
    ),
  );
}

interface Problem {
  readonly field: 'host' | 'subset';
  readonly namespace: string;
  readonly message: string;
  readonly nearest?: string;
}

function problemOf(
  snapshot: Snapshot,
  { ref }: Resource,
  host: string,
  subset: string | undefined,
): Problem | undefined {
  const entries = snapshot.ofKind(group, 'ServiceEntry').flatMap(({ object }) => stringsAt(object, 'spec', 'hosts'));
  if (entries.includes(host)) return undefined;
  const [name = '', namespace = ref.namespace, ...rest] = host.split('.');
  // Any other name may be one outside, which a ServiceEntry elsewhere defines.
  const isInside = rest.length === 0 ? !host.includes('.') || hasWorkloads(snapshot, namespace) : rest[0] === 'svc';
  if (!isInside) return undefined;
  if (snapshot.service(namespace, name) === undefined) {
    const names = snapshot.services.filter((one) => one.ref.namespace === namespace).map((one) => one.ref.name);
    const guess = host.includes('.') ? undefined : nearest(name, names);
    const message = t('There is no Service {0} in namespace {1}', name, namespace);
    return { field: 'host', namespace, message, ...(guess === undefined ? {} : { nearest: guess }) };
  }
  const subsets = subset === undefined ? undefined : subsetsOf(snapshot, name, namespace);
  if (subset === undefined || subsets === undefined || subsets.includes(subset)) return undefined;
  const guess = nearest(subset, subsets);
  const message = t('No DestinationRule for {0} has a subset {1}: requests get 503', host, subset);
  return { field: 'subset', namespace, message, ...(guess === undefined ? {} : { nearest: guess }) };
}

function subsetsOf(snapshot: Snapshot, name: string, namespace: string): readonly string[] {
  const full = `${name}.${namespace}.svc.cluster.local`;
  return snapshot.ofKind(group, 'DestinationRule').flatMap(({ ref, object }) => {
    const host = stringAt(object, 'spec', 'host') ?? '';
    const isMeant = host === full || (host === name && ref.namespace === namespace) || full.startsWith(`${host}.`);
    if (!isMeant) return [];
    return arrayAt(object, 'spec', 'subsets').flatMap((one) => (isObject(one) ? (stringAt(one, 'name') ?? []) : []));
  });
}

const files = (subset: string): string => `apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, labels: {app: api, version: v1}}
spec: {containers: [{name: api, image: api, ports: [{containerPort: 80}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api}
spec: {host: api, subsets: [{name: v1, labels: {version: v1}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api}
spec:
  hosts: [api]
  http:
    - route:
        - destination: {host: api, subset: ${subset}}
`;

/** A route that leads nowhere. */
export const rule: Rule = {
  code: 'mesh-destination-missing',
  summary: 'A VirtualService leads to a Service or to a subset that does not exist.',
  description:
    'Istio answers such requests with 503. A subset is defined by a DestinationRule of the same host; a host outside the cluster by a ServiceEntry.',
  severity: 'error',
  reads: [
    'networking.istio.io/DestinationRule',
    'networking.istio.io/ServiceEntry',
    'networking.istio.io/VirtualService',
    '/Pod',
    '/Service',
  ],
  example: { failing: files('v2'), corrected: files('v1') },
  check,
};
