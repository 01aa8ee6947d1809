import type { Derived } from '../analysis/derived.ts';
import type { FieldPath, Origin, ResourceRef } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** How much a finding matters. */
export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** A mechanical change of one field that mends a finding; the manifest layer turns it into text edits. */
export type FixChange =
  | { readonly kind: 'set'; readonly path: FieldPath; readonly value: string | number }
  /** Adds or replaces a member of the mapping at `path`. */
  | {
      readonly kind: 'member';
      readonly path: FieldPath;
      readonly key: string;
      readonly value: string | number | readonly (string | number)[];
    }
  /** Renames the key that is the last step of `path`. */
  | { readonly kind: 'rename-key'; readonly path: FieldPath; readonly key: string }
  /** Appends an item, given as JSON, to the sequence at `path` (made if absent). */
  | { readonly kind: 'append'; readonly path: FieldPath; readonly item: unknown }
  /** Takes the sequence item at `path` away, which is not the only one. */
  | { readonly kind: 'remove'; readonly path: FieldPath }
  /** Joins the sequence item at `path` with the next one into one mapping. */
  | { readonly kind: 'join'; readonly path: FieldPath }
  /** Adds a whole object as a new document at the end of the file. */
  | { readonly kind: 'document'; readonly object: unknown };

/** A fix on offer. `target` names the object to change. */
export interface Fix {
  readonly title: string;
  readonly target: ResourceRef;
  readonly origin?: Origin;
  readonly changes: readonly FixChange[];
}

/** What a rule reports. `path` is in the object `ref`; `part` says whether the key or the value is underlined. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly ref: ResourceRef;
  /** Needed only where two objects have one ref (duplicates). */
  readonly origin?: Origin;
  readonly path: FieldPath;
  readonly part?: 'key' | 'value';
  /** The object that is not there. Where another scope has it, the two may be applied together: the finding is information. */
  readonly wanted?: ResourceRef;
  /** Below the rule's default where the rule knows less (an incomplete scope). */
  readonly severity?: Severity;
  /** Set where something is not there: another scope of the same file may have it. */
  readonly missing?: true;
  readonly related: readonly { readonly ref: ResourceRef; readonly path: FieldPath; readonly message: string }[];
  readonly fixes: readonly Fix[];
}

/** One check. A value in the sorted list of rules.ts; stateless. */
export interface Rule {
  readonly code: string;
  /** One sentence for docs/rules.md. */
  readonly summary: string;
  /** A paragraph: why it matters and what to do. */
  readonly description: string;
  readonly severity: Severity | 'off';
  /** Kinds that it reads, as `group/Kind` (`/Service` for core, `/Pod` with whatever makes pods); `*` for every kind, none where another layer finds it. */
  readonly reads: readonly string[];
  /** Whole files. `file` is their name, example.yaml where absent. */
  readonly example: { readonly file?: string; readonly failing: string; readonly corrected: string };
  check(context: RuleContext): Iterable<Finding>;
}

/** What a rule may ask. */
export interface RuleContext {
  readonly snapshot: Snapshot;
  /** Answers that several rules need, computed once per snapshot. */
  readonly model: Derived;
}
