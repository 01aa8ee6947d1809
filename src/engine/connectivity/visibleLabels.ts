import { type LabelRequirement, type LabelSelector, podFacts } from '../model/labels.ts';
import { podPeersOf } from '../policy/peers.ts';
import type { PodSet, PolicyProgram } from '../policy/policy.ts';
import { peersOf } from './programPeers.ts';

/** The values of a key that some selector tells apart; `all` where it may be any. */
export type Values = Set<string> | 'all';

type Visible = Map<string, Values>;

/** The labels that selectors read, everywhere or in one namespace, with the values that they tell apart. */
export class VisibleLabels {
  readonly #wide: Visible = new Map();
  readonly #local = new Map<string, Visible>();

  add({ subject, ...program }: PolicyProgram): void {
    this.#see(subject);
    for (const { pods, sameLabels = [], notSameLabels = [] } of peersOf(program).flatMap(podPeersOf)) {
      this.#see(pods);
      for (const key of [...sameLabels, ...notSameLabels]) this.#wide.set(podFacts.namespaceLabel(key), 'all');
    }
  }

  #see({ inNamespace, pods }: PodSet): void {
    let visible = inNamespace === undefined ? this.#wide : this.#local.get(inNamespace);
    if (visible === undefined) {
      visible = new Map();
      this.#local.set(inNamespace ?? '', visible);
    }
    seeSelector(visible, pods);
  }

  covers({ subject, ...program }: PolicyProgram): boolean {
    const sets = peersOf(program).flatMap(podPeersOf);
    const relates = sets.some(
      ({ sameLabels, notSameLabels }) => sameLabels !== undefined || notSameLabels !== undefined,
    );
    return !relates && [subject, ...sets.map(({ pods }) => pods)].every((set) => this.#coversSet(set));
  }

  #coversSet({ inNamespace, pods }: PodSet): boolean {
    const local = inNamespace === undefined ? undefined : this.#local.get(inNamespace);
    const isSeen = ({ key, values }: LabelRequirement): boolean => {
      const known = [this.#wide.get(key), local?.get(key)];
      if (known.includes('all')) return true;
      const sets = known.filter((one) => one !== undefined && one !== 'all');
      return sets.length > 0 && values.every((value) => sets.some((one) => one.has(value)));
    };
    const selectorSeen = (selector: LabelSelector): boolean =>
      selector.requirements.every((one) => isExact(one) && isSeen(one)) &&
      [...(selector.anyOf?.flat() ?? []), ...(selector.noneOf ?? [])].every(selectorSeen);
    return selectorSeen(pods);
  }

  /** What can be seen of a pod in a namespace, in a fixed order. */
  keysIn(namespace: string): readonly (readonly [string, Values])[] {
    const merged: Visible = new Map(this.#wide);
    for (const [key, values] of this.#local.get(namespace) ?? []) {
      const wide = merged.get(key);
      merged.set(key, wide === 'all' || values === 'all' ? 'all' : new Set([...(wide ?? []), ...values]));
    }
    return [...merged];
  }
}

/** True for a comparison with whole values. */
function isExact({ operator }: LabelRequirement): boolean {
  return operator !== 'Contains' && operator !== 'StartsWith' && operator !== 'EndsWith';
}

function seeSelector(visible: Visible, selector: LabelSelector): void {
  for (const requirement of selector.requirements) see(visible, requirement);
  const inner = [...(selector.anyOf?.flat() ?? []), ...(selector.noneOf ?? [])];
  for (const one of inner) seeSelector(visible, one);
}

function see(visible: Visible, requirement: LabelRequirement): void {
  const { key, values } = requirement;
  const known = visible.get(key) ?? new Set<string>();
  if (!isExact(requirement)) visible.set(key, 'all');
  else if (known !== 'all') {
    for (const value of values) known.add(value);
    visible.set(key, known);
  }
}
