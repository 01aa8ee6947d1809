import { t } from '@vscode/l10n';
import { numberAt, stringAt, valueAt } from '../model/json.ts';
import type { Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { PolicyTier } from './policy.ts';
import type { PolicyReader } from './reader.ts';

/** The groups of Calico's kinds: what people write, and what it stores. */
export const calicoGroups: readonly string[] = ['projectcalico.org', 'crd.projectcalico.org'];

/** Tiers that need no object, as Calico names them. */
const builtIn: Readonly<Record<string, string>> = {
  adminnetworkpolicy: 'admin',
  baselineadminnetworkpolicy: 'baseline',
  default: 'default',
  'kube-admin': 'admin',
  'kube-baseline': 'baseline',
};

/**
 * Where policies stand whose place is not known: before all others, for then nothing that stands anywhere is certain.
 * Tiers of Calico have a prefix here, so none of them has this name.
 */
export const unknownTier: PolicyTier = {
  name: 'calico',
  order: Number.MIN_SAFE_INTEGER,
  end: 'pass',
  layer: 'network',
};

/**
 * The tiers that Tier objects make; `default` is where NetworkPolicies are too.
 * Source: Calico docs, Tier; projectcalico/calico felix/calc/policy_sorter.go, TierLess.
 */
export function calicoTiers(snapshot: Snapshot): readonly PolicyTier[] {
  const tiers = calicoGroups
    .flatMap((group) => snapshot.ofKind(group, 'Tier'))
    .filter(({ ref }) => !Object.hasOwn(builtIn, ref.name))
    .map(
      ({ ref, object }): PolicyTier => ({
        name: `calico/${ref.name}`,
        order: numberAt(object, 'spec', 'order') ?? Number.MAX_SAFE_INTEGER,
        end: stringAt(object, 'spec', 'defaultAction') === 'Pass' ? 'pass' : 'deny',
        layer: 'network',
      }),
    );
  return tiers.length === 0 && !hasPolicies(snapshot) ? [] : [unknownTier, ...tiers];
}

function hasPolicies(snapshot: Snapshot): boolean {
  return calicoGroups.some((group) =>
    ['NetworkPolicy', 'GlobalNetworkPolicy'].some((kind) => snapshot.ofKind(group, kind).length > 0),
  );
}

/** The tier of a policy; a doubt where there is none of its name, or none that can be read. */
export function tierOf(reader: PolicyReader, related: readonly Resource[]): string {
  const path = ['spec', 'tier'];
  const written = reader.at(path) ?? 'default';
  const doubt = typeof written === 'string' ? tierDoubt(written, related) : t('the tier is no name');
  if (doubt !== undefined) {
    reader.doubt(path, doubt);
    return unknownTier.name;
  }
  const name = String(written);
  return Object.hasOwn(builtIn, name) ? (builtIn[name] ?? '') : `calico/${name}`;
}

function tierDoubt(name: string, related: readonly Resource[]): string | undefined {
  if (Object.hasOwn(builtIn, name)) return undefined;
  const tier = related.find(({ ref }) => ref.kind === 'Tier' && ref.name === name);
  if (tier === undefined) return t('there is no Tier {0} here', name);
  const order = valueAt(tier.object, 'spec', 'order') ?? undefined;
  const action = valueAt(tier.object, 'spec', 'defaultAction') ?? undefined;
  if (order !== undefined && typeof order !== 'number') return t('the order of Tier {0} is not a number', name);
  if (action === undefined || action === 'Deny' || action === 'Pass') return undefined;
  return t('the default action of Tier {0} is neither Deny nor Pass', name);
}
