import type { ContainerPort, PodTemplate, Protocol } from './cluster.ts';
import { internLabels, internPorts } from './intern.ts';
import { arrayAt, isTrueAt, type JsonValue, numberAt, objectAt, stringAt, stringMapAt } from './json.ts';
import type { FieldPath, Resource } from './resource.ts';

/** `TCP` for an absent protocol, as the API server defaults it; `undefined` for one that Kubernetes does not know. */
export function readProtocol(value: JsonValue | undefined): Protocol | undefined {
  if (value === undefined || value === null || value === '') return 'TCP';
  return value === 'TCP' || value === 'UDP' || value === 'SCTP' ? value : undefined;
}

/** Reads what pods share from the object at `podPath` (a PodTemplateSpec, or `[]` for a Pod). Never fails: odd fields read as absent. */
export function readTemplate(resource: Resource, podPath: FieldPath): PodTemplate {
  const { specPath, metadataPath } = pathsOf(podPath);
  const spec = objectAt(resource.object, ...specPath) ?? {};
  const hostname = stringAt(spec, 'hostname');
  const subdomain = stringAt(spec, 'subdomain');
  return {
    labels: internLabels(stringMapAt(resource.object, ...metadataPath, 'labels')),
    ports: internPorts([
      ...containerPorts(spec, 'containers', specPath),
      ...containerPorts(spec, 'initContainers', specPath),
    ]),
    hostNetwork: isTrueAt(spec, 'hostNetwork'),
    ...(hostname ? { hostname } : {}),
    ...(subdomain ? { subdomain } : {}),
    serviceAccount: stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount') || 'default',
    spec,
    specPath,
    metadataPath,
  };
}

const knownPaths = new Map<string, Pick<PodTemplate, 'specPath' | 'metadataPath'>>();

/** Where the fields of pods stand is the same for all objects of a kind. */
function pathsOf(podPath: FieldPath): Pick<PodTemplate, 'specPath' | 'metadataPath'> {
  const key = podPath.join('/');
  let paths = knownPaths.get(key);
  if (paths === undefined) {
    paths = { specPath: [...podPath, 'spec'], metadataPath: [...podPath, 'metadata'] };
    knownPaths.set(key, paths);
  }
  return paths;
}

/** Ordinary init containers end before the pod serves; only native sidecars (restartPolicy Always, KEP-753) count. */
function containerPorts(spec: JsonValue, list: 'containers' | 'initContainers', specPath: FieldPath): ContainerPort[] {
  return arrayAt(spec, list).flatMap((container, c) => {
    if (list === 'initContainers' && stringAt(container, 'restartPolicy') !== 'Always') return [];
    return arrayAt(container, 'ports').flatMap((value, p): ContainerPort[] => {
      const port = numberAt(value, 'containerPort');
      const protocol = readProtocol(value && objectAt(value)?.['protocol']);
      if (port === undefined || protocol === undefined) return [];
      const hostPort = numberAt(value, 'hostPort');
      const hostIP = stringAt(value, 'hostIP');
      return [
        {
          container: stringAt(container, 'name') ?? '',
          name: stringAt(value, 'name') ?? '',
          port,
          protocol,
          ...(hostPort ? { hostPort } : {}),
          ...(hostIP ? { hostIP } : {}),
          path: [...specPath, list, c, 'ports', p],
        },
      ];
    });
  });
}
