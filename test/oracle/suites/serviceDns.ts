import {
  answerDns,
  buildSnapshot,
  type DnsRecord,
  type JsonObject,
  type KubeletDns,
  resolvConf,
  resolveEndpoints,
  searchOrder,
} from '../../../src/engine/index.ts';
import type { CaseResult, Suite } from '../suite.ts';
import { caseResources, compare, type Group, type GroupCase, readGroups } from './groups.ts';

/** Records of the DNS specification. */
export const dnsSpecSuite: Suite = {
  name: 'dns-spec',
  run: (folder) => readGroups(folder).flatMap((group) => group.cases.map((one) => record(group, one))),
};

interface RecordPattern extends Omit<DnsRecord, 'rdata'> {
  readonly rdata?: string;
  readonly rdataMatches?: string;
}

function record(group: Group, one: GroupCase): CaseResult {
  const snapshot = buildSnapshot({ scope: one.id, resources: caseResources(group, one) });
  const zone = String(group.config?.['zone'] ?? 'cluster.local.').replace(/\.$/, '');
  const endpointsOf = (service: Parameters<typeof resolveEndpoints>[1]) => resolveEndpoints(snapshot, service);
  const { rcode, answer } = answerDns(
    { snapshot, zone, endpointsOf },
    String(one.query['qname']),
    String(one.query['qtype']),
  );
  const patterns = one.expect['answerContains'] as readonly RecordPattern[] | undefined;
  if (patterns === undefined) return compare(one, { rcode, answer });
  const found = patterns.every((pattern) => answer.some((own) => fits(own, pattern)));
  const outcome = found && rcode === one.expect['rcode'] ? 'agree' : 'disagree';
  return {
    case: one.id,
    outcome,
    why: outcome === 'agree' ? '' : JSON.stringify({ rcode, answer }),
    answer: { rcode, answer },
  };
}

function fits(own: DnsRecord, pattern: RecordPattern): boolean {
  const data =
    pattern.rdataMatches === undefined ? own.rdata === pattern.rdata : new RegExp(pattern.rdataMatches).test(own.rdata);
  return own.name === pattern.name && own.type === pattern.type && data;
}

/** What a pod's resolver is told, and what it asks in which order. */
export const dnsResolverSuite: Suite = {
  name: 'dns-resolver',
  run: (folder) => readGroups(folder).flatMap((group) => group.cases.map(resolver)),
};

function resolver(one: GroupCase): CaseResult {
  const { query, expect } = one;
  if (query['kind'] === 'searchOrder') {
    const candidates = searchOrder(String(query['name']), query['search'] as readonly string[], Number(query['ndots']));
    return compare(one, { candidates }, false);
  }
  const conf = resolvConf(query['pod'] as JsonObject, query['kubelet'] as unknown as KubeletDns);
  const unordered = expect['optionsUnordered'] === true;
  const sorted = (list: readonly string[]): readonly string[] => (unordered ? [...list].sort() : list);
  const wanted = { ...expect, options: sorted((expect['options'] ?? []) as readonly string[]) };
  const answer = { ...conf, options: sorted(conf.options), ...(unordered ? { optionsUnordered: true } : {}) };
  return { ...compare({ ...one, expect: wanted as JsonObject }, answer, false), answer };
}
