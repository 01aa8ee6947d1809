import type { AssumptionSettings } from '../model/assumptions.ts';
import { buildSnapshot } from '../model/build.ts';
import { sameList } from '../model/lists.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { LocatedFinding } from './answers.ts';
import { Derived } from './derived.ts';
import type { Scope } from './scopes.ts';

/** One scope with what follows from it, computed when first asked. It outlives changes that leave its objects alone. */
export class ScopeAnalysis {
  readonly scope: Scope;
  readonly assume: AssumptionSettings;
  #derived: Derived | undefined;
  /** What was known before the last change, until this one's own is built. */
  #previous: Derived | undefined;
  /** Findings of the rules, kept here by the analysis that located them. */
  findings: readonly LocatedFinding[] | undefined;

  constructor(scope: Scope, assume: AssumptionSettings) {
    this.scope = scope;
    this.assume = assume;
  }

  get snapshot(): Snapshot {
    return this.derived.snapshot;
  }

  get derived(): Derived {
    if (this.#derived === undefined) {
      const { name, resources, incomplete, isLoading = false } = this.scope;
      const input = { scope: name, resources, assume: this.assume, incomplete, isLoading };
      this.#derived = new Derived(buildSnapshot(input, this.#previous?.snapshot), this.#previous);
      this.#previous = undefined;
    }
    return this.#derived;
  }

  /** The same scope after a change: this one where objects and assumptions are the same, with nothing computed again. */
  next(scope: Scope, assume: AssumptionSettings): ScopeAnalysis {
    const same =
      sameList(scope.resources, this.scope.resources) &&
      sameList(scope.incomplete, this.scope.incomplete) &&
      JSON.stringify(assume) === JSON.stringify(this.assume);
    const result = new ScopeAnalysis(scope, assume);
    if (same) result.#derived = this.#derived;
    result.#previous = this.#derived ?? this.#previous;
    return result;
  }
}
