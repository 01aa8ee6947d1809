import { t } from '@vscode/l10n';
import { cidrCovers, parseCidr } from '../model/addresses.ts';
import { arrayAt, isObject, type JsonValue, objectAt, stringAt, stringsAt, valueAt } from '../model/json.ts';
import { everything, type LabelSelector, readLabelSelector } from '../model/labels.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import { readProtocol } from '../model/template.ts';
import type { Direction, Peer, PolicyProgram, PolicyRule, PortMatch } from './policy.ts';

/**
 * Compiles a NetworkPolicy of networking.k8s.io/v1. Absent `from`, `to` or `ports` (or empty ones) match everything,
 * an absent `ingress` or `egress` matches nothing; whatever is malformed matches nothing and becomes a doubt.
 * Source: the API reference of NetworkPolicySpec.
 */
export function compileNetworkPolicy(resource: Resource): PolicyProgram {
  const doubts: Evidence[] = [];
  const compiler = new Compiler(resource, doubts);
  const types = policyTypes(resource, compiler);
  const subject = compiler.selector(['spec', 'podSelector']) ?? everything;
  return {
    ref: resource.ref,
    resource,
    tier: 'workload',
    priority: 0,
    subject: { inNamespace: resource.ref.namespace, pods: subject },
    isolates: types,
    rules: [...compiler.rules('ingress', types.ingress), ...compiler.rules('egress', types.egress)],
    doubts,
  };
}

/** Without policyTypes a policy acts on ingress, and on egress where it has egress rules. */
function policyTypes({ object }: Resource, compiler: Compiler): Readonly<Record<Direction, boolean>> {
  const written = arrayAt(object, 'spec', 'policyTypes');
  if (written.length === 0) return { ingress: true, egress: arrayAt(object, 'spec', 'egress').length > 0 };
  for (const [index, type] of written.entries()) {
    if (type !== 'Ingress' && type !== 'Egress') {
      compiler.doubt(['spec', 'policyTypes', index], t('policy type {0} is not known', String(type)));
    }
  }
  return { ingress: written.includes('Ingress'), egress: written.includes('Egress') };
}

class Compiler {
  readonly #resource: Resource;
  readonly #doubts: Evidence[];

  constructor(resource: Resource, doubts: Evidence[]) {
    this.#resource = resource;
    this.#doubts = doubts;
  }

  doubt(path: FieldPath, note: string): void {
    this.#doubts.push({ ref: this.#resource.ref, path, note });
  }

  #at(path: FieldPath): JsonValue | undefined {
    return valueAt(this.#resource.object, ...path);
  }

  /** The list under `path`; something else than a list is a doubt and reads as absent. */
  #list(path: FieldPath): readonly JsonValue[] | undefined {
    const value = this.#at(path);
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) return value as readonly JsonValue[];
    this.doubt(path, t('{0} is not a list', path.join('.')));
    return undefined;
  }

  selector(path: FieldPath): LabelSelector | undefined {
    const selector = readLabelSelector(this.#at(path));
    if (selector?.invalid !== undefined) this.doubt(path, t('the selector is malformed: {0}', selector.invalid));
    return selector;
  }

  rules(direction: Direction, acts: boolean): readonly PolicyRule[] {
    // Rules of a direction that the policy's types leave out have no effect.
    if (!acts) return [];
    return (this.#list(['spec', direction]) ?? []).flatMap((rule, index): PolicyRule[] => {
      const path: FieldPath = ['spec', direction, index];
      if (!isObject(rule) && rule !== null) {
        this.doubt(path, t('the rule is not a mapping'));
        return [];
      }
      const peers = this.#peers([...path, direction === 'ingress' ? 'from' : 'to']);
      const ports = this.#ports([...path, 'ports']);
      const evidence = { ref: this.#resource.ref, path, note: '' };
      return [{ direction, action: 'allow', ...(peers ? { peers } : {}), ...(ports ? { ports } : {}), evidence }];
    });
  }

  #peers(path: FieldPath): readonly Peer[] | undefined {
    const list = this.#list(path);
    if (list === undefined || list.length === 0) return this.#broken(path) ? [] : undefined;
    return list.flatMap((peer, index) => this.#peer(peer, [...path, index]));
  }

  /** A list that is there but unreadable must not open the rule to everyone. */
  #broken(path: FieldPath): boolean {
    const value = this.#at(path);
    return value !== undefined && value !== null && !Array.isArray(value);
  }

  #peer(peer: JsonValue, path: FieldPath): readonly Peer[] {
    const block = objectAt(peer, 'ipBlock');
    const namespaces = this.selector([...path, 'namespaceSelector']);
    const pods = this.selector([...path, 'podSelector']);
    if (block !== undefined) {
      if (namespaces !== undefined || pods !== undefined) {
        this.doubt(path, t('a peer with ipBlock can have no selectors'));
        return [];
      }
      return [this.#block([...path, 'ipBlock'])];
    }
    if (namespaces === undefined && pods === undefined) {
      this.doubt(path, t('the peer names no one: it needs podSelector, namespaceSelector or ipBlock'));
      return [];
    }
    const own = namespaces === undefined ? { inNamespace: this.#resource.ref.namespace } : { namespaces };
    return [{ kind: 'pods', pods: { ...own, pods: pods ?? everything }, path }];
  }

  #block(path: FieldPath): Peer {
    const cidr = stringAt(this.#at(path), 'cidr') ?? '';
    const except = stringsAt(this.#at(path), 'except');
    const outer = parseCidr(cidr);
    const bad = except.find((one) => {
      const inner = parseCidr(one);
      return inner === undefined || outer === undefined || !cidrCovers(outer, inner);
    });
    const invalid =
      outer === undefined
        ? t('{0} is not a CIDR', cidr)
        : bad === undefined
          ? undefined
          : t('except {0} is not inside {1}', bad, cidr);
    if (invalid !== undefined) this.doubt(path, invalid);
    return { kind: 'block', cidr, except, path, ...(invalid === undefined ? {} : { invalid }) };
  }

  #ports(path: FieldPath): readonly PortMatch[] | undefined {
    const list = this.#list(path);
    if (list === undefined || list.length === 0) return this.#broken(path) ? [] : undefined;
    return list.map((port, index) => {
      const match = readPort(port, [...path, index]);
      if (match.kind === 'invalid') this.doubt(match.path, match.reason);
      return match;
    });
  }
}

/** Reads a NetworkPolicyPort: a number, a range with endPort, a container port's name, or every port of a protocol. */
function readPort(value: JsonValue, path: FieldPath): PortMatch {
  const invalid = (reason: string): PortMatch => ({ kind: 'invalid', reason, path });
  const protocol = readProtocol(valueAt(value, 'protocol'));
  if (!isObject(value)) return invalid(t('the port is not a mapping'));
  if (protocol === undefined) return invalid(t('protocol {0} is not known', String(value['protocol'])));
  const port = value['port'];
  const endPort = value['endPort'];
  if (port === undefined || port === null) {
    if (endPort !== undefined && endPort !== null) return invalid(t('endPort needs a port'));
    return { kind: 'range', protocol, from: 1, to: 65_535, path };
  }
  if (typeof port === 'string') {
    if (endPort !== undefined && endPort !== null) return invalid(t('endPort can not go with the port name {0}', port));
    return { kind: 'named', protocol, name: port, path };
  }
  if (!isPort(port)) return invalid(t('port {0} is not a port number', JSON.stringify(port)));
  if (endPort === undefined || endPort === null) return { kind: 'range', protocol, from: port, to: port, path };
  if (!isPort(endPort) || endPort < port) return invalid(t('endPort {0} is below port {1}', String(endPort), port));
  return { kind: 'range', protocol, from: port, to: endPort, path };
}

function isPort(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}
