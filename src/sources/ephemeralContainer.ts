import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { t } from '@vscode/l10n';
import type { JsonObject } from '../engine/index.ts';
import { sleep } from './backoff.ts';
import { ClusterTransport, isFailure } from './clusterTransport.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { usualTiming } from './timing.ts';

/** How long the container lives, in seconds: longer than any verification takes. It stays in the pod's spec after that. */
const livesSeconds = 300;

/** Where it is added, and what it is made of. */
export interface EphemeralOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly image: string;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * Adds an ephemeral container that only sleeps to a pod, and waits until it runs; answers with its name, or with a sentence
 * why there is none. It asks for what the strictest Pod Security Standard lets through.
 * Source: kubernetes.io, Ephemeral Containers; Pod Security Standards, Restricted.
 */
export async function addEphemeralContainer(
  access: ClusterAccess,
  options: EphemeralOptions,
): Promise<{ readonly container: string } | { readonly problem: string }> {
  const { namespace, pod, image, signal, deadlineMs } = options;
  const container = `podpath-verify-${randomBytes(3).toString('hex')}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    runAsUser: 65_534,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const added = { name: container, image, command: ['sleep', `${livesSeconds}`], securityContext };
  const late = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  try {
    const { status, body } = await patch(
      access,
      `${path}/ephemeralcontainers`,
      { spec: { ephemeralContainers: [added] } },
      late,
    );
    if (status >= 300) return { problem: refusal(options, status, body) };
  } catch (error) {
    return { problem: t('No container was added to pod {0}/{1}: {2}', namespace, pod, String(error)) };
  }
  return (await untilRunning(access, path, container, late)) ?? { problem: notStarted(options) };
}

/** A strategic merge patch; the list of containers merges by name. */
async function patch(
  access: ClusterAccess,
  path: string,
  change: object,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const options = await access.authenticate();
  const send = access.server.startsWith('http:') ? httpRequest : httpsRequest;
  const sent = JSON.stringify(change);
  const headers = {
    accept: 'application/json',
    'content-type': 'application/strategic-merge-patch+json',
    'content-length': Buffer.byteLength(sent),
    'user-agent': 'podpath',
    ...options.headers,
  };
  return new Promise((done, failed) => {
    const request = send(access.server + path, { ...options, method: 'PATCH', headers, signal }, (response) => {
      text(response).then((body) => done({ status: response.statusCode ?? 0, body }), failed);
    });
    request.on('error', failed);
    request.end(sent);
  });
}

function refusal({ namespace, pod }: EphemeralOptions, status: number, body: string): string {
  const told = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]?.replaceAll('\\"', '"') ?? `HTTP ${status}`;
  // An admission plugin, such as Pod Security's, refuses with the same status and says why.
  if (status !== 403 || !told.includes('cannot patch'))
    return t('No container was added to pod {0}/{1}: {2}', namespace, pod, told);
  return t(
    'You may not add containers to pods of namespace {0}: that needs the verb patch on pods/ephemeralcontainers there. {1}',
    namespace,
    told,
  );
}

/** Asks for the pod until the container runs, or can not; `undefined` where it takes too long. */
async function untilRunning(
  access: ClusterAccess,
  path: string,
  container: string,
  signal: AbortSignal,
): Promise<{ readonly container: string } | { readonly problem: string } | undefined> {
  const transport = new ClusterTransport(access, { ...usualTiming, requestMs: 10_000 });
  while (!signal.aborted) {
    const answer = await transport.json(path, signal);
    const state = isFailure(answer) ? undefined : stateOf(answer.body, container);
    if (state?.['running'] !== undefined) return { container };
    const reason = reasonOf(state);
    if (reason !== undefined) return { problem: t('The added container {0} does not start: {1}', container, reason) };
    await sleep(300, signal);
  }
  return undefined;
}

function stateOf(pod: JsonObject, container: string): JsonObject | undefined {
  const status = pod['status'] as { readonly ephemeralContainerStatuses?: unknown } | undefined;
  const all = Array.isArray(status?.ephemeralContainerStatuses) ? status.ephemeralContainerStatuses : [];
  const own: unknown = all.find((one: { readonly name?: unknown } | null) => one?.name === container);
  return (own as { readonly state?: JsonObject } | undefined)?.state;
}

/** Why it will not run: it ended, or waits for what does not come by waiting. */
function reasonOf(state: JsonObject | undefined): string | undefined {
  const ended = state?.['terminated'] as JsonObject | undefined;
  const waits = state?.['waiting'] as JsonObject | undefined;
  const waiting = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error|RunContainerError)$/;
  const found = ended ?? (waiting.test(String(waits?.['reason'])) ? waits : undefined);
  return found && [found['reason'], found['message']].filter((one) => typeof one === 'string').join(': ');
}

function notStarted({ image, deadlineMs, signal }: EphemeralOptions): string {
  return signal.aborted
    ? t('It was cancelled')
    : t('The container with image {0} does not run after {1} s; it stays in the pod', image, deadlineMs / 1000);
}
