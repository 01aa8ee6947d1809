import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { t } from '@vscode/l10n';
import * as oidc from 'openid-client';
import { isScalar, isSeq, parseDocument } from 'yaml';

/** The settings of a kubeconfig's `auth-provider` named `oidc`, by their names there. */
export type ProviderSettings = Readonly<Record<string, string | undefined>>;

/** What a provider vouches for a user with. */
export interface IdTokens {
  readonly idToken: string;
  /** Good for the next renewal; for one use only at some providers. */
  readonly refreshToken: string;
}

/**
 * Renews an id token as client-go does, which does it by itself too: client-node's own renewal does not come to an end.
 * Rejects with a sentence. Source: k8s.io/client-go/plugin/pkg/client/auth/oidc; OpenID Connect Core 1.0, part 12.
 */
export async function renewIdToken(settings: ProviderSettings, signal: AbortSignal): Promise<IdTokens> {
  const { 'idp-issuer-url': issuer = '', 'client-id': client = '', 'refresh-token': refreshToken = '' } = settings;
  if (refreshToken === '') throw new Error(t('The id token has ended, and the kubeconfig has no refresh token'));
  if (!URL.canParse(issuer) || client === '') {
    throw new Error(t('The id token has ended, and the kubeconfig does not name its issuer and client'));
  }
  const secret = settings['client-secret'] ?? '';
  // Which one a client was registered with is written nowhere.
  const ways = secret === '' ? [oidc.None()] : [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  const options = { [oidc.customFetch]: fetchBy(authorityOf(settings), signal) };
  let refusal: unknown;
  for (const way of ways) {
    try {
      const provider = await oidc.discovery(new URL(issuer), client, undefined, way, options);
      const { id_token: idToken, refresh_token: next } = await oidc.refreshTokenGrant(provider, refreshToken);
      if (idToken !== undefined) return { idToken, refreshToken: next ?? refreshToken };
      throw new Error(t('it answers without an id token'));
    } catch (error) {
      refusal = error;
      if (!isUnknownClient(error)) break;
    }
  }
  throw new Error(t('The identity provider {0} did not renew the id token: {1}', issuer, reasonOf(refusal)));
}

function isUnknownClient(error: unknown): boolean {
  if (error instanceof oidc.WWWAuthenticateChallengeError) return true;
  return error instanceof oidc.ResponseBodyError && error.error === 'invalid_client';
}

function reasonOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError) return error.error_description ?? error.error;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function authorityOf(settings: ProviderSettings): string | undefined {
  const [data, file] = [settings['idp-certificate-authority-data'], settings['idp-certificate-authority']];
  if (data) return Buffer.from(data, 'base64').toString();
  return file ? readFileSync(file, 'utf8') : undefined;
}

/** A fetch that knows an authority of its own, which that of Node can't be told. */
function fetchBy(ca: string | undefined, signal: AbortSignal): oidc.CustomFetch {
  return (url, { method, headers, body }) =>
    new Promise((done, failed) => {
      const tls = ca === undefined ? {} : { ca };
      const sent = request(url, { ...tls, method, headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () => {
          const told = Object.entries(response.headersDistinct).map(([name, list]): [string, string] => {
            return [name, (list ?? []).join(', ')];
          });
          done(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500, headers: told }));
        });
      });
      sent.on('error', failed);
      sent.end(body?.toString());
    });
}

/**
 * Writes renewed tokens into the kubeconfig that the ended ones came from, as client-go does: a refresh token for one use
 * would else be lost to kubectl. Everything else of the file stays as it was written; a file that another program is
 * writing, or that does not have the old token any more, is left alone.
 */
export function keepTokens(file: string, old: string, { idToken, refreshToken }: IdTokens): void {
  const path = realpathSync(file);
  const lock = `${path}.lock`;
  let held: number;
  try {
    held = openSync(lock, 'wx');
  } catch {
    return;
  }
  try {
    const before = readFileSync(path, 'utf8');
    const after = withTokens(before, old, { idToken, refreshToken });
    if (after === before) return;
    const next = `${path}.${randomBytes(4).toString('hex')}`;
    writeFileSync(next, after, { mode: statSync(path).mode });
    renameSync(next, path);
  } finally {
    closeSync(held);
    rmSync(lock, { force: true });
  }
}

function withTokens(text: string, old: string, { idToken, refreshToken }: IdTokens): string {
  const document = parseDocument(text);
  const users = document.get('users');
  const settingOf = (index: number, name: string): unknown =>
    document.getIn(['users', index, 'user', 'auth-provider', 'config', name], true);
  const isOld = (node: unknown): boolean => isScalar(node) && node.value === old;
  const index = isSeq(users) ? users.items.findIndex((_, i) => isOld(settingOf(i, 'refresh-token'))) : -1;
  if (index < 0) return text;
  const edits = Object.entries({ 'id-token': idToken, 'refresh-token': refreshToken }).flatMap(([name, token]) => {
    const node = settingOf(index, name);
    return isScalar(node) && node.range ? [{ start: node.range[0], end: node.range[1], token }] : [];
  });
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((all, { start, end, token }) => all.slice(0, start) + JSON.stringify(token) + all.slice(end), text);
}
