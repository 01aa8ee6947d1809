import { t } from '@vscode/l10n';
import { cidrCovers, parseCidr } from '../model/addresses.ts';
import { internPath, internSelector } from '../model/intern.ts';
import { isObject, type JsonValue, numberAt, stringAt, stringsAt, valueAt } from '../model/json.ts';
import { type LabelSelector, oddPartOf, readLabelSelector } from '../model/labels.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import { readProtocol } from '../model/template.ts';
import type { BlockPeer, Direction, Doubt, PolicyRule, PortMatch } from './policy.ts';

/**
 * Reads the fields of one policy. What is malformed becomes a doubt at its field and reads as what matches nothing:
 * a policy that can't be read never opens anything, and the verdicts that it could change are unknown.
 */
export class PolicyReader {
  readonly resource: Resource;
  readonly doubts: Doubt[] = [];

  constructor(resource: Resource) {
    this.resource = resource;
  }

  doubt(path: FieldPath, note: string): void {
    this.doubts.push({ ref: this.resource.ref, path, note });
  }

  /** A field that is right and not modelled. */
  gap(path: FieldPath, note: string): void {
    this.doubts.push({ ref: this.resource.ref, path, note, isGap: true });
  }

  at(path: FieldPath): JsonValue | undefined {
    return valueAt(this.resource.object, ...path);
  }

  evidence(path: FieldPath, note = ''): Evidence {
    return { ref: this.resource.ref, path, note };
  }

  /** The list under `path`; something else than a list is a doubt and reads as absent. */
  list(path: FieldPath): readonly JsonValue[] | undefined {
    const value = this.at(path);
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) return value as readonly JsonValue[];
    this.doubt(path, t('{0} is not a list', path.join('.')));
    return undefined;
  }

  /** The paths of a list's entries; empty where there is no list. */
  entries(path: FieldPath): readonly FieldPath[] {
    return (this.list(path) ?? []).map((_, index) => internPath([...path, index]));
  }

  /** A list that is there but unreadable must not open a rule to everyone. */
  isBroken(path: FieldPath): boolean {
    const value = this.at(path);
    return value !== undefined && value !== null && !Array.isArray(value);
  }

  /** The selector under `path`, as {@link readLabelSelector} reads it. */
  selector(path: FieldPath, labelOf?: (key: string) => string): LabelSelector | undefined {
    const selector = readLabelSelector(this.at(path), labelOf);
    if (selector?.invalid !== undefined) {
      const odd = oddPartOf(this.at(path)) ?? [];
      this.doubt([...path, ...odd], t('the selector is malformed: {0}', selector.invalid));
    }
    return selector && internSelector(selector);
  }

  /** True where the field is set to something that is no mapping, which is a doubt. */
  isOdd(path: FieldPath): boolean {
    const value = this.at(path);
    return value !== undefined && value !== null && !this.isMapping(path);
  }

  /** True where the field is set to a mapping; anything else that is set is a doubt. */
  isMapping(path: FieldPath): boolean {
    const value = this.at(path);
    if (value === undefined || value === null) return false;
    if (isObject(value)) return true;
    this.doubt(path, t('{0} is not a mapping', path.join('.')));
    return false;
  }

  /**
   * A doubt for each field of the mapping at `path` that is none of these. The API server refuses or drops it, and newer
   * ones may know it: whoever wrote it, meant it. True where there is none.
   */
  known(path: FieldPath, fields: readonly string[]): boolean {
    const value = this.at(path);
    const odd = isObject(value) ? Object.keys(value).filter((key) => !fields.includes(key)) : [];
    for (const key of odd) this.doubt([...path, key], t('the field {0} is not known here', key));
    return odd.length === 0;
  }

  /** A block of addresses whose `cidr` and `except` stand in the mapping at `path`, or which is the text there. */
  block(path: FieldPath): BlockPeer {
    const value = this.at(path);
    const cidr = typeof value === 'string' ? value : (stringAt(value, 'cidr') ?? '');
    const excepted = valueAt(value, 'except') ?? [];
    const isList = Array.isArray(excepted) && excepted.every((one) => typeof one === 'string');
    const except = stringsAt(value, 'except');
    const outer = parseCidr(cidr);
    const bad = except.find((one) => {
      const inner = parseCidr(one);
      return inner === undefined || outer === undefined || !cidrCovers(outer, inner);
    });
    const invalid =
      outer === undefined
        ? t('{0} is not a CIDR', cidr)
        : !isList
          ? t('except is not a list of CIDRs')
          : bad === undefined
            ? undefined
            : t('except {0} is not inside {1}', bad, cidr);
    if (invalid !== undefined) this.doubt(path, invalid);
    return { kind: 'block', cidr, except, path, ...(invalid === undefined ? {} : { invalid }) };
  }

  /** A port that can't be read: a doubt, and a match for nothing. */
  invalidPort(path: FieldPath, reason: string): PortMatch {
    this.doubt(path, reason);
    return { kind: 'invalid', reason, path };
  }

  /** The ports from one number to another, inclusive, of the protocol that the mapping at `path` names. */
  range(path: FieldPath, fromKey: string, toKey: string): PortMatch {
    this.known(path, [fromKey, toKey, 'protocol']);
    const value = this.at(path);
    const protocol = readProtocol(valueAt(value, 'protocol'));
    const from = numberAt(value, fromKey);
    const to = numberAt(value, toKey);
    if (protocol === undefined)
      return this.invalidPort(path, t('protocol {0} is not known', String(valueAt(value, 'protocol'))));
    if (!isPort(from) || !isPort(to) || to < from) {
      const text = fromKey === toKey ? String(from) : `${String(from)}-${String(to)}`;
      return this.invalidPort(path, t('{0} is no port or range of ports', text));
    }
    return { kind: 'range', protocol, from, to, path };
  }
}

/** True for a whole number from 1 to 65535. */
export function isPort(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/**
 * What a rule may do that can't be read, in a kind whose rules act in order: it may be meant for anyone, so whatever
 * later rules say is unknown where it would say something else. A denial that can't be read never lets a later rule allow.
 */
export function doubtedRule(
  direction: Direction,
  actions: readonly PolicyRule['action'][],
  doubt: Doubt | undefined,
  evidence: Evidence,
): readonly PolicyRule[] {
  return actions.flatMap((action) => unsure({ direction, action, evidence }, doubt?.note ?? ''));
}

/** A rule of which it is not known whether it acts, for a reason; what a `pass` leads on to may be either. */
export function unsure(rule: PolicyRule, text: string): readonly PolicyRule[] {
  const condition = { of: 'unseen', text } as const;
  const actions = rule.action === 'pass' ? (['allow', 'deny'] as const) : [rule.action];
  return actions.map((action) => ({ ...rule, action, condition, implied: true }));
}
