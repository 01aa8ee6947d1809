import { t } from '@vscode/l10n';
import { meshConfigOf } from '../mesh/config.ts';
import { modesIn } from '../mesh/membership.ts';
import { stringAt, stringMapAt, valueAt } from '../model/json.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type Cell, cellsOf } from './istioCells.ts';
import { remoteAsSource, ruleIn } from './istioMatch.ts';
import { meshPods, outsideMesh, ownTls } from './istioMesh.ts';
import { type MtlsScope, mtlsScopes } from './istioPeerAuthentication.ts';
import { both, type Demands, type RuleDemands, readRules } from './istioRule.ts';
import { type Target, targetOf } from './istioTarget.ts';
import type { PolicyProgram, PolicyRule } from './policy.ts';
import { PolicyReader } from './reader.ts';

/** What the policies of one snapshot share. */
interface Context {
  readonly snapshot: Snapshot;
  readonly scopes: readonly MtlsScope[];
}

type Action = 'ALLOW' | 'DENY' | 'CUSTOM' | 'AUDIT';

/**
 * Compiles the AuthorizationPolicies of a snapshot: CUSTOM before DENY before ALLOW, and a pod that an ALLOW policy
 * selects is denied the rest. Who connects is known by mutual TLS alone; what only HTTP has is asked of requests, and
 * where there is no HTTP (a port of TCP, ztunnel) it makes an ALLOW rule void and a DENY rule wider.
 * Source: istio.io, Authorization Policy, Security concepts, TCP Traffic; istio/istio pilot/pkg/security/authz/model.
 */
export function compileAuthorizationPolicies(snapshot: Snapshot): readonly PolicyProgram[] {
  const policies = snapshot.ofKind('security.istio.io', 'AuthorizationPolicy');
  if (policies.length === 0) return [];
  const context = { snapshot, scopes: mtlsScopes(snapshot) };
  return policies.map((one) => compile(one, context));
}

const tiers = { ALLOW: 'mesh-allow', DENY: 'mesh-deny', AUDIT: 'mesh-deny', CUSTOM: 'mesh-custom' } as const;

function compile(resource: Resource, context: Context): PolicyProgram {
  const { snapshot } = context;
  const reader = new PolicyReader(resource);
  if (resource.object['spec'] !== undefined && resource.object['spec'] !== null) reader.isMapping(['spec']);
  reader.known(['spec'], ['selector', 'targetRef', 'targetRefs', 'rules', 'action', 'provider']);
  const target = targetOf(reader, snapshot);
  const action = actionOf(reader);
  const rules = readRules(reader, meshConfigOf(snapshot));
  const acts = action !== undefined && action !== 'AUDIT' && (action === 'CUSTOM' || !isDryRun(reader));
  const works = acts && !target.broken;
  // A policy that has no effect can have none by what is wrong with it either.
  const doubts = action === undefined || acts ? reader.doubts : [];
  return {
    ref: resource.ref,
    resource,
    tier: tiers[action ?? 'DENY'],
    priority: 0,
    subject: target.subject,
    subjectPath: target.path,
    isolates: { ingress: works && action === 'ALLOW', egress: false },
    rules: works ? rulesOf(reader, context, action, target, rules) : [],
    doubts,
    only: 'ingress',
    ...(action === 'ALLOW' && !target.broken ? {} : { couldDeny: true as const }),
  };
}

function actionOf(reader: PolicyReader): Action | undefined {
  const path = ['spec', 'action'];
  const value = reader.at(path);
  if (value === undefined || value === null) return 'ALLOW';
  if (value === 'ALLOW' || value === 'DENY' || value === 'AUDIT') return value;
  if (value !== 'CUSTOM') {
    reader.doubt(path, t('the action {0} is not known', JSON.stringify(value)));
    return undefined;
  }
  if ((stringAt(reader.at(['spec', 'provider']), 'name') ?? '') === '') {
    reader.doubt(['spec', 'provider'], t('the action CUSTOM needs the name of a provider'));
  }
  return value;
}

/** A dry run of an ALLOW or DENY policy is only logged. Source: istio.io, Authorization, Dry Run. */
function isDryRun({ resource }: PolicyReader): boolean {
  return stringMapAt(resource.object, 'metadata', 'annotations')['istio.io/dry-run'] === 'true';
}

function rulesOf(
  reader: PolicyReader,
  context: Context,
  action: Exclude<Action, 'AUDIT'>,
  target: Target,
  rules: readonly RuleDemands[],
): readonly PolicyRule[] {
  const { resource } = reader;
  const evidence: Evidence = { ref: resource.ref, path: ['spec'], note: '' };
  const outside = outsideMesh(context.snapshot, action === 'ALLOW' ? 'allow' : 'pass', evidence);
  const isBehind = modesIn(context.snapshot).has('waypoint') && (readsClient(rules) || target.attached);
  const waypoint = isBehind ? behindWaypoint(action, target, evidence) : [];
  const inner = rules.flatMap((rule) => {
    const at = { ref: resource.ref, path: rule.path, note: '' };
    return cellsOf(context, target, rule, action).flatMap((cell) => inCell(reader, rule, cell, action, at));
  });
  const asks = rules.some(({ from, when }) => [...from, when].some(({ identities }) => identities.length > 0));
  const unsure = asks ? ownTls(context.snapshot, action === 'ALLOW' ? 'allow' : 'pass', evidence) : [];
  return [...outside, ...waypoint, ...unsure, ...inner];
}

/** True where a rule asks who connects, which a waypoint in between changes. */
function readsClient(rules: readonly RuleDemands[]): boolean {
  const asks = ({ identities, sources, remotes, http, tls, unseen }: Demands): boolean =>
    [identities, sources, remotes, http, tls, unseen].some((list) => list.length > 0);
  return rules.some(({ from, to, when }) => [...from, ...to, when].some(asks));
}

/** Whether a connection came through the waypoint is not known here: whatever hangs on it is not known either. */
function behindWaypoint(action: Action, { path }: Target, evidence: Evidence): readonly PolicyRule[] {
  const condition = {
    of: 'unseen',
    text: t('whether the connection passes the waypoint, which has policies of its own'),
  } as const;
  const head = {
    direction: 'ingress',
    implied: true,
    evidence,
    condition,
    onlyFor: [meshPods(['waypoint'], path)],
  } as const;
  return [
    { ...head, action: action === 'ALLOW' ? 'allow' : 'pass' },
    { ...head, action: 'deny' },
  ];
}

function inCell(
  reader: PolicyReader,
  rule: RuleDemands,
  cell: Cell,
  action: Exclude<Action, 'AUDIT'>,
  evidence: Evidence,
): readonly PolicyRule[] {
  const external = action === 'CUSTOM' ? t('what the provider {0} decides', providerOf(reader)) : undefined;
  return rule.from.flatMap((from) =>
    rule.to.flatMap((to) => {
      const demands = remoteAsSource(both(both(from, to), rule.when), cell);
      return ruleIn(demands, cell, action === 'ALLOW' ? 'allow' : 'deny', evidence, external);
    }),
  );
}

function providerOf(reader: PolicyReader): string {
  const path: FieldPath = ['spec', 'provider', 'name'];
  return String(valueAt(reader.resource.object, ...path) ?? '');
}
