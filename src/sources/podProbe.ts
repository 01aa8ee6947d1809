import { t } from '@vscode/l10n';
import {
  type Observation,
  type ProbeCommand,
  type ProbePlan,
  type ProbeQuestion,
  type ProbeReading,
  type ProbeRun,
  readConnect,
  readLookup,
} from '../engine/index.ts';
import { addEphemeralContainer } from './ephemeralContainer.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** How long things may take, in milliseconds. */
export interface ProbeTiming {
  /** One program, from the request to its end. */
  readonly runMs: number;
  /** An added container, until it runs. */
  readonly startMs: number;
}

const usualProbeTiming: ProbeTiming = { runMs: 15_000, startMs: 60_000 };

/** What to run, and where. */
export interface ProbeOptions {
  readonly access: ClusterAccess;
  readonly plan: ProbePlan;
  /** Where present, an ephemeral container with this image is added to the pod, and everything is run there. */
  readonly image?: string;
  readonly signal: AbortSignal;
  readonly timing?: Partial<ProbeTiming>;
}

/**
 * Runs a plan: for each question the first command whose program there is, in the first container that has one. Answers
 * with what was seen, or with a sentence why nothing could be asked. A plan is run as it stands; nothing is added to it.
 */
export async function runProbe(options: ProbeOptions): Promise<readonly Observation[] | { readonly problem: string }> {
  const { access, plan, image, signal } = options;
  const timing = { ...usualProbeTiming, ...options.timing };
  let { containers } = plan;
  if (image !== undefined) {
    const { namespace, pod } = plan;
    const added = await addEphemeralContainer(access, { namespace, pod, image, signal, deadlineMs: timing.startMs });
    if ('problem' in added) return added;
    containers = [added.container];
  }
  const { execInPod } = await import('./podExec.ts');
  const observations: Observation[] = [];
  for (const [question, asked] of plan.questions.entries()) {
    const run = (container: string, argv: readonly string[]): ReturnType<typeof execInPod> =>
      execInPod(access, { ...plan, container }, argv, { signal, deadlineMs: timing.runMs });
    const found = await ask(asked, containers, run);
    if (signal.aborted) return { problem: t('It was cancelled') };
    if ('problem' in found) return found;
    observations.push({ question, ...found });
  }
  return observations;
}

type Run = (container: string, argv: readonly string[]) => Promise<ProbeRun | { readonly problem: string }>;

async function ask(
  question: ProbeQuestion,
  containers: readonly string[],
  run: Run,
): Promise<Omit<Observation, 'question'> | { readonly problem: string }> {
  for (const container of containers) {
    for (const command of question.commands) {
      const ended = await run(container, command.argv);
      if (!('isLate' in ended)) return ended;
      const reading = read(question, command, ended);
      if (reading.kind === 'no-tool') continue;
      const said = reading.kind === 'unread' ? ended.problem || ended.stderr || ended.stdout : '';
      return { container, tool: command.tool, reading, said };
    }
  }
  return { container: '', tool: '', reading: { kind: 'no-tool' }, said: '' };
}

function read(question: ProbeQuestion, command: ProbeCommand, run: ProbeRun): ProbeReading {
  return question.kind === 'lookup'
    ? readLookup(command, question.name, run)
    : readConnect(command, question.ip, question.port, run);
}
