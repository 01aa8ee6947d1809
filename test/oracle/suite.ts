/** What came of one case. `why` names the first rows that differ, or what is not modelled. */
export interface CaseResult {
  readonly case: string;
  readonly outcome: 'agree' | 'disagree' | 'not-modelled';
  readonly why: string;
  /** Our answer in the shape of the case's expectation, for grading by others. */
  readonly answer: unknown;
}

/** A family of cases and how to run them; `folder` holds one case folder or group file each. */
export interface Suite {
  readonly name: string;
  run(folder: string, options: SuiteOptions): readonly CaseResult[];
}

/** Filters of the runner. */
export interface SuiteOptions {
  /** `np`: only what NetworkPolicy v1 alone decides. */
  readonly features: string | undefined;
}
