import * as vscode from 'vscode';
import type { ProbeCommand, ProbePlan, VerifyAnswer } from '../engine/index.ts';
import type { VerifyRequest } from '../protocol.ts';
import { isTrustedOr } from './clusters.ts';
import type { EngineClient } from './engineClient.ts';
import type { TracePanel } from './tracePanel.ts';

/**
 * “Podpath: Verify Trace on the Cluster…”: runs the trace that the panel shows for real. The user reads first what is run
 * where, and agrees to it; an added container is a question of its own.
 */
export function registerVerify(client: EngineClient, panel: TracePanel): vscode.Disposable {
  const { t } = vscode.l10n;
  return vscode.commands.registerCommand('podpath.verifyTrace', async () => {
    const trusted = await isTrustedOr(t('Nothing is run in a cluster from a workspace that is not trusted.'));
    if (!trusted) return;
    const { request } = panel;
    if (request === undefined) {
      void vscode.window.showInformationMessage(t('Trace a connection of a running cluster first.'));
      return;
    }
    const plan = await client.query('probe', request);
    if ('problem' in plan) {
      void vscode.window.showWarningMessage(plan.problem);
      return;
    }
    if (!(await agree(t('Verify this trace on {0}?', plan.context), explanation(plan), t('Run')))) return;
    const answer = await verified(client, panel, { request, plan });
    if (answer?.lacksTools !== true) return;
    const image = await chooseImage(plan);
    if (image === undefined || !(await agreeToContainer(plan, image))) return;
    await verified(client, panel, { request, plan, image });
  });
}

/** A modal is right here: the user has just asked for it, and nothing may happen before the answer. */
async function agree(message: string, detail: string, action: string): Promise<boolean> {
  return (await vscode.window.showInformationMessage(message, { modal: true, detail }, action)) === action;
}

function explanation({ namespace, pod, context, containers, questions, untested }: ProbePlan): string {
  const { t } = vscode.l10n;
  const connections = questions.filter(({ kind }) => kind === 'connect').length;
  const parts = [
    t(
      'Podpath runs programs in pod {0}/{1} of context {2}, in container {3}:',
      namespace,
      pod,
      context,
      containers.join(', '),
    ),
    ...questions.map(
      (one) => `${questionText(one)}\n${one.commands.map((command) => `    ${commandText(command)}`).join('\n')}`,
    ),
    connections === 0
      ? t('No connection is opened.')
      : connections === 1
        ? t('One TCP connection is opened and closed again; nothing is sent over it.')
        : t('{0} TCP connections are opened and closed again; nothing is sent over them.', connections),
    ...new Set(
      questions.flatMap((one) =>
        one.kind === 'connect' && one.proxy !== '' ? t('That it opens would show nothing: {0}.', one.proxy) : [],
      ),
    ),
    t('Where no container has such a program, you are asked before anything else is done.'),
    ...untested,
  ];
  return parts.join('\n\n');
}

function questionText(question: ProbePlan['questions'][number]): string {
  const { t } = vscode.l10n;
  return question.kind === 'lookup'
    ? t('To look up {0}, the first of these programs that it has:', question.name)
    : t('To connect to {0} port {1}, the first of these programs that it has:', question.ip, question.port);
}

/** A command as one would type it. */
function commandText({ argv }: ProbeCommand): string {
  return argv.map((word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

async function verified(
  client: EngineClient,
  panel: TracePanel,
  request: VerifyRequest,
): Promise<VerifyAnswer | undefined> {
  const { t } = vscode.l10n;
  const { pod, namespace, trace } = request.plan;
  const title = t('Verifying in pod {0}/{1}', namespace, pod);
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const answer = await vscode.window.withProgress(options, async (_, token) => {
    const result = await client.verify(request, token);
    // Whoever cancelled it knows.
    return token.isCancellationRequested ? undefined : result;
  });
  if (answer === undefined) return undefined;
  if ('problem' in answer) {
    void vscode.window.showWarningMessage(answer.problem);
    return undefined;
  }
  await panel.showVerified(trace, answer);
  return answer;
}

/** The image of the user's settings, else one that the user names now; Podpath brings none of its own. */
async function chooseImage({ namespace, pod }: ProbePlan): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const set = vscode.workspace.getConfiguration('podpath').get('verify.image', '').trim();
  if (set !== '') return set;
  const typed = await vscode.window.showInputBox({
    title: t('Pod {0}/{1} has no program that can verify this trace', namespace, pod),
    prompt: t(
      'An image for a container to add to it, with sleep and python3, or bash, or nc. Its node pulls it. podpath.verify.image keeps your choice.',
    ),
    placeHolder: 'registry.example.com/tools:1.0',
    validateInput: (value) => (/^[\w][\w./:@-]*$/.test(value.trim()) ? undefined : t('The name of an image is needed')),
  });
  return typed?.trim();
}

function agreeToContainer({ namespace, pod, context }: ProbePlan, image: string): Promise<boolean> {
  const { t } = vscode.l10n;
  const detail = [
    t('An ephemeral container with image {0} is added to pod {1}/{2} of context {3}.', image, namespace, pod, context),
    t('The node pulls the image. The container runs “sleep 300”, and in it what you have just agreed to.'),
    t(
      'It ends by itself after five minutes, but it can not be removed: it stays in the pod’s spec until the pod is deleted.',
    ),
  ];
  return agree(t('Add a container to {0}/{1}?', namespace, pod), detail.join('\n\n'), t('Add and Run'));
}
