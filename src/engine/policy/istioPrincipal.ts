import type { MeshConfig } from '../mesh/config.ts';
import { type LabelRequirement, type LabelSelector, podFacts } from '../model/labels.ts';

/** The pods that a text about identities means; `unsure` where that hangs on settings that are not in the files. */
export interface IdentityMatch {
  readonly pods: LabelSelector;
  readonly unsure: boolean;
}

/**
 * The pods whose identity `TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT` fits a principal: exactly, or by what stands before or
 * after a star. `undefined` where no pod of this cluster can have it. `cluster.local` and the aliases of the trust
 * domain stand for the trust domain itself.
 * Source: istio.io, Security concepts (Value matching); istio/istio pilot/pkg/security/trustdomain/bundle.go.
 */
export function principalPods(principal: string, config: MeshConfig): IdentityMatch | undefined {
  const parts = principal.split('/');
  const domain = parts[0] ?? '';
  const own = [config.trustDomain, ...config.trustDomainAliases];
  const isOwn = parts.length !== 5 || domain === 'cluster.local' || own.some((one) => wildcardFits(domain, one));
  // Where the trust domain is not known the written one may be it.
  const local = isOwn || config.seen ? config.trustDomain : domain;
  const text = isOwn && parts.length === 5 ? [config.trustDomain, ...parts.slice(1)].join('/') : principal;
  const requirements = identityRequirements(text, local);
  return requirements === undefined ? undefined : { pods: { requirements }, unsure: !isOwn && !config.seen };
}

function wildcardFits(pattern: string, text: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*')) return text.endsWith(pattern.slice(1));
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}

function identityRequirements(text: string, domain: string): readonly LabelRequirement[] | undefined {
  if (text === '*') return [];
  if (text.startsWith('*')) return bySuffix(text.slice(1), domain);
  if (text.endsWith('*')) return byPrefix(text.slice(0, -1), domain);
  const [first, ns, namespace = '', sa, account = ''] = text.split('/');
  if (first !== domain || ns !== 'ns' || sa !== 'sa' || text.split('/').length !== 5) return undefined;
  return [isIn(podFacts.namespace, namespace), isIn(podFacts.serviceAccount, account)];
}

function isIn(key: string, value: string): LabelRequirement {
  return { key, operator: 'In', values: [value] };
}

function byPrefix(prefix: string, domain: string): readonly LabelRequirement[] | undefined {
  const head = `${domain}/ns/`;
  if (head.startsWith(prefix)) return [];
  if (!prefix.startsWith(head)) return undefined;
  const rest = prefix.slice(head.length);
  const at = rest.indexOf('/');
  if (at < 0) return [{ key: podFacts.namespace, operator: 'StartsWith', values: [rest] }];
  const [namespace, after] = [rest.slice(0, at), rest.slice(at + 1)];
  if ('sa/'.startsWith(after)) return [isIn(podFacts.namespace, namespace)];
  if (!after.startsWith('sa/')) return undefined;
  const account = { key: podFacts.serviceAccount, operator: 'StartsWith' as const, values: [after.slice(3)] };
  return [isIn(podFacts.namespace, namespace), account];
}

function bySuffix(suffix: string, domain: string): readonly LabelRequirement[] | undefined {
  const at = suffix.lastIndexOf('/');
  if (at < 0) return [{ key: podFacts.serviceAccount, operator: 'EndsWith', values: [suffix] }];
  const account = isIn(podFacts.serviceAccount, suffix.slice(at + 1));
  const before = suffix.slice(0, at);
  if ('sa'.endsWith(before)) return [account];
  if (!before.endsWith('/sa')) return undefined;
  const place = before.slice(0, -'/sa'.length);
  const slash = place.lastIndexOf('/');
  if (slash < 0) return [{ key: podFacts.namespace, operator: 'EndsWith', values: [place] }, account];
  if (!`${domain}/ns`.endsWith(place.slice(0, slash))) return undefined;
  return [isIn(podFacts.namespace, place.slice(slash + 1)), account];
}

/** The pods of namespaces that fit a text with at most one star at an end; `undefined` for a star elsewhere. */
export function namespacePods(text: string): LabelSelector | undefined {
  if (text === '*') return { requirements: [] };
  const inner = text.replace(/^\*|\*$/g, '');
  if (inner.includes('*') || (text.startsWith('*') && text.endsWith('*'))) return undefined;
  if (text.startsWith('*'))
    return { requirements: [{ key: podFacts.namespace, operator: 'EndsWith', values: [inner] }] };
  const operator = text.endsWith('*') ? 'StartsWith' : 'In';
  return { requirements: [{ key: podFacts.namespace, operator, values: [inner] }] };
}

/** The pods of a service account, `NAME` in the policy's namespace or `NAMESPACE/NAME`; there is no star. */
export function accountPods(text: string, namespace: string): LabelSelector | undefined {
  const parts = text.split('/');
  if (text.includes('*') || parts.length > 2 || parts.some((one) => one === '')) return undefined;
  const [place, name] = parts.length === 2 ? parts : [namespace, text];
  return { requirements: [isIn(podFacts.namespace, place ?? ''), isIn(podFacts.serviceAccount, name ?? '')] };
}
