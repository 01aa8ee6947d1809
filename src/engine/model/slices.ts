import { stringMapAt } from './json.ts';
import { oncePer } from './memo.ts';
import type { Resource, ResourceRef } from './resource.ts';

/** The name of the Service that an EndpointSlice is of, by its label; '' where it has none. */
export const serviceOfSlice = oncePer(
  ({ object }: Resource): string => stringMapAt(object, 'metadata', 'labels')['kubernetes.io/service-name'] ?? '',
);

const byService = oncePer((slices: readonly Resource[]) =>
  Map.groupBy(slices, (one) => keyOf({ namespace: one.ref.namespace, name: serviceOfSlice(one) })),
);

function keyOf({ namespace, name }: Pick<ResourceRef, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** The EndpointSlices of a Service, whoever wrote them. */
export function slicesOf(
  objects: { ofKind(group: string, kind: string): readonly Resource[] },
  service: Pick<ResourceRef, 'namespace' | 'name'>,
): readonly Resource[] {
  return byService(objects.ofKind('discovery.k8s.io', 'EndpointSlice')).get(keyOf(service)) ?? [];
}
