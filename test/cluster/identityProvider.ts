// A real OpenID Connect provider on loopback, whose id tokens the control plane takes.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { certificate } from '../../scripts/certificates.mjs';

/** A client of the provider: one with a secret says it in the head of its requests, or in their body. */
export interface ProviderClient {
  readonly id: string;
  readonly secret?: string;
  readonly says?: 'client_secret_basic' | 'client_secret_post';
}

/** A provider whose id tokens last so many seconds; each refresh token is good for one use where `rotates`. */
export interface ProviderSettings {
  readonly clients: readonly ProviderClient[];
  readonly tokenSeconds: number;
  readonly rotates: boolean;
}

/** A running provider. */
export interface IdentityProvider {
  readonly issuer: string;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /** Id tokens that were given so far. */
  readonly given: () => number;
  /** What a login of the user by a client ends with. */
  readonly login: (client: string, user: string) => Promise<string>;
  readonly stop: () => void;
}

/** Starts a provider on a free port of loopback. */
export async function startProvider({ clients, tokenSeconds, rotates }: ProviderSettings): Promise<IdentityProvider> {
  const authority = certificate({ name: 'podpath-identities' });
  const { cert, key } = certificate({ name: 'provider', address: '127.0.0.1', usage: 'server', issuer: authority });
  const server = createServer({ cert, key });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: clients.map(({ id, secret, says }) => ({
      client_id: id,
      ...(secret === undefined ? {} : { client_secret: secret }),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://client.invalid/callback'],
      token_endpoint_auth_method: secret === undefined ? 'none' : (says ?? 'client_secret_basic'),
    })),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    ttl: { IdToken: tokenSeconds, AccessToken: 60, RefreshToken: 3600, Grant: 3600 },
    rotateRefreshToken: rotates,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['podpath'] },
  });
  let given = 0;
  provider.on('grant.success', () => given++);
  server.on('request', provider.callback());
  return {
    issuer,
    ca: authority.cert,
    given: () => given,
    login: async (id, user) => {
      const client = await provider.Client.find(id);
      if (client === undefined) throw new Error(`the provider has no client ${id}`);
      const scope = 'openid offline_access';
      const grant = new provider.Grant({ accountId: user, clientId: id });
      grant.addOIDCScope(scope);
      const token = new provider.RefreshToken({
        accountId: user,
        client,
        grantId: await grant.save(),
        scope,
        gty: 'x',
      });
      return token.save();
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
