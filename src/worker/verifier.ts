import { t } from '@vscode/l10n';
import { type Analysis, finish, judgeProbe, type ProbeProblem, query, type VerifyAnswer } from '../engine/index.ts';
import type { VerifyRequest } from '../protocol.ts';
import { runProbe } from '../sources/podProbe.ts';
import type { Clusters } from './clusters.ts';

/** All of it, an added container's start included; a thread that is silent for longer would be taken for stuck. */
const longestMs = 100_000;

/** Runs traces for real, each because a person asked for it. */
export class Verifier {
  readonly #clusters: Clusters;
  readonly #analysis: () => Analysis;
  readonly #running = new Map<number, AbortController>();

  constructor(clusters: Clusters, analysis: () => Analysis) {
    this.#clusters = clusters;
    this.#analysis = analysis;
  }

  /** Runs a plan if it is still the plan for its trace, and judges what was seen. `id` names it for {@link cancel}. */
  async run(id: number, { request, plan, image }: VerifyRequest): Promise<VerifyAnswer | ProbeProblem> {
    // Only what Podpath itself plans is run, and only as the user read it.
    const current = finish(query(this.#analysis(), 'probe', request));
    if ('problem' in current) return current;
    if (JSON.stringify(current) !== JSON.stringify(plan)) {
      return { problem: t('The trace has changed since you were asked: look at it again, then verify it') };
    }
    const access = this.#clusters.accessTo(plan.context);
    if ('problem' in access) return access;
    const cancelled = new AbortController();
    const late = AbortSignal.timeout(longestMs);
    const signal = AbortSignal.any([cancelled.signal, late]);
    this.#running.set(id, cancelled);
    const seen = await runProbe({ access, plan, signal, ...(image === undefined ? {} : { image }) });
    this.#running.delete(id);
    if (late.aborted) return { problem: t('The verification was ended after {0} s', longestMs / 1000) };
    return 'problem' in seen ? seen : judgeProbe(plan, seen);
  }

  /** Ends a verification; does nothing for an id that is none. */
  cancel(id: number): void {
    this.#running.get(id)?.abort();
  }
}
