import { X509Certificate } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { t } from '@vscode/l10n';

/** True where two requests say who asks in the same way. */
export function isSame(one: RequestOptions, other: RequestOptions): boolean {
  return authorization(one) === authorization(other) && one.agent === other.agent;
}

function authorization({ headers }: RequestOptions): string {
  return String((headers as Readonly<Record<string, unknown>> | undefined)?.['Authorization'] ?? '');
}

/**
 * Why a server may refuse these credentials, by what they say of themselves: their time is over, or has not begun by this
 * machine's clock. `undefined` where they say nothing of that.
 */
export function refusalReason({ cert, headers }: RequestOptions, now = Date.now()): string | undefined {
  const certificate = cert === undefined ? undefined : readCertificate(String(cert));
  if (certificate !== undefined) {
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (to < now) return t('the client certificate ended on {0}', new Date(to).toISOString());
    if (from > now) {
      return t('the client certificate begins on {0}: is the clock right?', new Date(from).toISOString());
    }
  }
  const ends = tokenEnd(authorization({ headers: headers ?? {} }));
  return ends !== undefined && ends < now ? t('the token ended on {0}', new Date(ends).toISOString()) : undefined;
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/**
 * When a JSON Web Token, or a header with one, says that it ends (RFC 7519, `exp`); it is not verified, which is the
 * server's part.
 */
export function tokenEnd(header: string): number | undefined {
  const [, claims] = header.split('.');
  try {
    const { exp } = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()) as { readonly exp?: unknown };
    return typeof exp === 'number' && Math.abs(exp) < 1e12 ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
