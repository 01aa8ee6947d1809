// A real Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager, built once from their Go
// modules into the cache. `npm run cluster` starts one until Ctrl+C; the cluster tests start their own.
import { spawn } from 'node:child_process';
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from './certificates.mjs';
import { node as nodeProgram, root, which } from './environment.mjs';
import { goPrograms } from './goPrograms.mjs';
import { KubeApi, pause } from './kubeApi.mjs';
import { kwokCommand, kwokProgram, linkTools, nameHosts } from './kwok.mjs';
import { StatusWriter } from './statusWriter.mjs';

const modules = join(root, 'test/cluster/controlplane');
const packages = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
};

/** Builds what the cache lacks; answers with the folders of the programs, or with a sentence why it can't. */
export async function prepareControlPlane() {
  const plane = await goPrograms({ name: 'controlplane', modules, packages, module: 'k8s.io/kubernetes' });
  if (plane.problem !== undefined) return plane.problem;
  const kwok = await kwokProgram();
  if (kwok.problem !== undefined) return kwok.problem;
  return { PODPATH_CONTROL_PLANE: plane.folder, PODPATH_KWOK: kwok.folder };
}

/** Free ports of loopback, all different. */
async function freePorts(count) {
  const probes = await Promise.all(
    Array.from({ length: count }, () => {
      const probe = createServer();
      return new Promise((done, failed) => {
        probe.on('error', failed);
        probe.listen(0, '127.0.0.1', () => done(probe));
      });
    }),
  );
  const ports = probes.map((probe) => probe.address().port);
  await Promise.all(probes.map((probe) => new Promise((closed) => probe.close(closed))));
  return ports;
}

/** True where somebody takes connections on a port of loopback. */
function listens(port) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => done(false));
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
  });
}

const issuer = 'https://kubernetes.default.svc';

/** A service account's token as the API server would sign it, which ended an hour ago. */
function expiredToken(privateKey) {
  const now = Math.floor(Date.now() / 1000);
  const account = { name: 'default', uid: '00000000-0000-0000-0000-000000000000' };
  const claims = {
    iss: issuer,
    aud: [issuer],
    sub: 'system:serviceaccount:default:default',
    iat: now - 7200,
    nbf: now - 7200,
    exp: now - 3600,
    'kubernetes.io': { namespace: 'default', serviceaccount: account },
  };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createSign('sha256').update(text).sign(privateKey).toString('base64url')}`;
}

function kubeconfig({ server, ca, user, token, namespace }) {
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'loopback', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
      ],
      users: [{ name: user, user: { token } }],
      contexts: [
        { name: user, context: { cluster: 'loopback', user, ...(namespace === undefined ? {} : { namespace }) } },
      ],
      'current-context': user,
    },
    undefined,
    2,
  );
}

/** What the namespace-scoped user may do: what `view` allows, in the namespace `shop` alone. */
const scoped = { user: 'shop-viewer', namespace: 'shop' };

/** A control plane with its folder, its processes and its users. Made by {@link startControlPlane}. */
export class ControlPlane {
  folder = mkdtempSync(join(tmpdir(), 'podpath-controlplane-'));
  tokens = { admin: randomBytes(16).toString('hex'), scoped: randomBytes(16).toString('hex') };
  /** The API server's URL, and etcd's. @type {string} */
  server;
  /** @type {string} */
  etcd;
  /** PEM of the certificate that the API server made for itself. @type {string} */
  ca;
  /** @type {KubeApi} */
  admin;
  /** Paths: of an admin, of one who may only see `shop`, and of two whom nobody knows. @type {Record<'admin' | 'scoped' | 'invalid' | 'expired', string>} */
  kubeconfigs;
  #programs;
  #guard;
  #privateKey;
  #clients = certificate({ name: 'podpath-clients' });
  #children = new Map();
  #commands = {};
  #writer;

  constructor(programs) {
    this.#programs = programs;
    const guard = join(root, 'scripts/controlPlaneGuard.mjs');
    const program = existsSync(nodeProgram) ? nodeProgram : process.execPath;
    this.#guard = spawn(program, [guard], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#guard.stdin.on('error', () => undefined);
    this.#guard.unref();
    this.#guard.stdin.unref?.();
    this.#tell(`folder ${this.folder}`);
  }

  #tell(line) {
    this.#guard.stdin.write(`${line}\n`);
  }

  /** Chooses ports, makes keys and the users' tokens. */
  async prepare() {
    const [etcd, peer, api, manager] = await freePorts(4);
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    this.#privateKey = privateKey;
    this.server = `https://127.0.0.1:${api}`;
    this.etcd = `http://127.0.0.1:${etcd}`;
    const path = (name) => join(this.folder, name);
    writeFileSync(path('accounts.pub'), publicKey);
    writeFileSync(path('accounts.key'), privateKey, { mode: 0o600 });
    const users = [
      `${this.tokens.admin},admin,admin,"system:masters"`,
      `${this.tokens.scoped},${scoped.user},${scoped.user}`,
    ];
    writeFileSync(path('tokens.csv'), `${users.join('\n')}\n`, { mode: 0o600 });
    writeFileSync(path('clients.crt'), this.#clients.cert);
    this.trustIssuers([]);
    const lines = commandLines({ path, etcd, peer, api, manager });
    this.#commands = Object.fromEntries(Object.entries(lines).map(([name, args]) => [name, { args }]));
  }

  /**
   * Says whose id tokens the API server takes, which it reads at once: JWTAuthenticator objects of
   * apiserver.config.k8s.io/v1.
   */
  trustIssuers(jwt) {
    const config = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt };
    writeFileSync(join(this.folder, 'authentication.json'), JSON.stringify(config));
  }

  /** Starts one of the programs, or starts it again. */
  start(name) {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const { program = join(this.#programs, name), args, env } = this.#commands[name];
    const child = spawn(program, args, { stdio: ['ignore', log, log], env });
    this.#children.set(name, child);
    this.#tell(`add ${child.pid}`);
    child.on('exit', () => this.#tell(`gone ${child.pid}`));
    child.unref();
    return child;
  }

  /** Ends one of the programs as `kill -9` does; resolves when it is gone. */
  async kill(name, signal = 'SIGKILL') {
    const child = this.#children.get(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.ref();
    child.kill(signal);
    await gone;
  }

  /** Resolves when the API server answers that it is ready; rejects with its log where it has ended. */
  async ready(api = this.admin) {
    const end = Date.now() + 120_000;
    while (Date.now() < end) {
      const answer = await api?.send('GET', '/readyz').catch(() => undefined);
      if (answer?.status === 200) return;
      const child = this.#children.get('kube-apiserver');
      if (child?.exitCode !== null && child?.exitCode !== undefined) break;
      await pause(100);
    }
    throw new Error(`kube-apiserver is not ready:\n${this.log('kube-apiserver').slice(-4000)}`);
  }

  log(name) {
    return readFileSync(join(this.folder, `${name}.log`), 'utf8');
  }

  /** Waits for the certificate that the API server makes for itself, then for the server. */
  async connect() {
    const certificate = join(this.folder, 'certs/apiserver.crt');
    for (let wait = 0; !existsSync(certificate) && wait < 600; wait++) await pause(50);
    this.ca = readFileSync(certificate, 'utf8');
    this.admin = new KubeApi({ server: this.server, token: this.tokens.admin, ca: this.ca });
    await this.ready();
    this.kubeconfigs = this.#writeKubeconfigs();
  }

  /**
   * A certificate of a user, as PEM with its key; `from` and `to` say when it is valid, in ms since 1970.
   * @param {{ name: string, groups: string[], from?: number, to?: number }} wanted
   */
  clientCertificate({ name, groups, from, to }) {
    return certificate({ name, groups, from, to, usage: 'client', issuer: this.#clients });
  }

  /** Makes these the only tokens that the API server knows beside its own users', each with the name of an admin; starts it again. */
  async replaceTokens(tokens) {
    const file = join(this.folder, 'tokens.csv');
    const own = readFileSync(file, 'utf8').split('\n').slice(0, 2);
    const others = Object.entries(tokens).map(([name, token]) => `${token},${name},${name},"system:masters"`);
    writeFileSync(file, `${[...own, ...others].join('\n')}\n`);
    await this.kill('kube-apiserver');
    this.start('kube-apiserver');
    await this.ready();
  }

  #writeKubeconfigs() {
    const { server, ca } = this;
    const write = (name, user, token, namespace) => {
      const file = join(this.folder, `${name}.kubeconfig`);
      writeFileSync(file, kubeconfig({ server, ca, user, token, namespace }), { mode: 0o600 });
      return file;
    };
    return {
      admin: write('admin', 'admin', this.tokens.admin),
      scoped: write('scoped', scoped.user, this.tokens.scoped, scoped.namespace),
      invalid: write('invalid', 'nobody', 'not-a-token'),
      expired: write('expired', 'expired', expiredToken(this.#privateKey)),
    };
  }

  /** The nodes, the scoped user's namespace and rights, and whoever keeps pods running. */
  async populate() {
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const { user, namespace } = scoped;
    await this.admin.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { team: 'shop' } },
    });
    await this.admin.create(`${rbac}/namespaces/${namespace}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'view', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
    this.#writer = new StatusWriter(this.admin);
    await this.#writer.start();
  }

  /**
   * Lets programs be run in containers, by kwok; `programs` is its folder. Until {@link provide} names some there are none.
   */
  async startKwok(programs) {
    const [port] = await freePorts(1);
    const program = join(programs, 'kwok');
    this.#commands.kwok = kwokCommand({ program, folder: this.folder, kubeconfig: this.kubeconfigs.admin, port });
    this.start('kwok');
    await this.#writer.pointKubeletsAt('localhost', port);
    for (let wait = 0; !(await listens(port)); wait++) {
      if (wait > 600) throw new Error(`kwok does not listen:\n${this.log('kwok').slice(-4000)}`);
      await pause(50);
    }
  }

  /** Puts these programs of this machine, and no others, into every container. */
  provide(names) {
    linkTools(this.folder, names);
  }

  /** Lets every container look these names up, and no others. @param {Record<string, string>} names */
  resolve(names) {
    nameHosts(this.folder, names);
  }

  /** Ends every process by its id and removes the folder. */
  async stop() {
    await this.#writer?.stop();
    for (const name of [...this.#children.keys()].reverse()) await this.kill(name);
    this.admin?.close();
    const ended = new Promise((done) => this.#guard.once('exit', done));
    this.#guard.ref();
    this.#guard.stdin.end();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function commandLines({ path, etcd, peer, api, manager }) {
  const store = `http://127.0.0.1:${etcd}`;
  const peers = `http://127.0.0.1:${peer}`;
  return {
    etcd: [
      '--name=podpath',
      `--data-dir=${path('etcd')}`,
      `--listen-client-urls=${store}`,
      `--advertise-client-urls=${store}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=podpath=${peers}`,
      // What is written outlives the process, which is all that can fail here.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    'kube-apiserver': [
      `--etcd-servers=${store}`,
      '--bind-address=127.0.0.1',
      // An address of the documentation network: loopback is refused as the API server's endpoint.
      '--advertise-address=192.0.2.10',
      `--secure-port=${api}`,
      `--cert-dir=${path('certs')}`,
      '--service-cluster-ip-range=10.96.0.0/12',
      '--authorization-mode=RBAC',
      `--token-auth-file=${path('tokens.csv')}`,
      `--client-ca-file=${path('clients.crt')}`,
      `--authentication-config=${path('authentication.json')}`,
      `--service-account-issuer=${issuer}`,
      `--service-account-key-file=${path('accounts.pub')}`,
      `--service-account-signing-key-file=${path('accounts.key')}`,
      // Pods may come before the controllers have made their namespace's account.
      '--disable-admission-plugins=ServiceAccount',
      '--allow-privileged',
      // Where kubelets take commands; the other addresses are nobody's.
      '--kubelet-preferred-address-types=InternalDNS,InternalIP',
    ],
    'kube-controller-manager': [
      `--kubeconfig=${path('admin.kubeconfig')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${manager}`,
      `--cert-dir=${path('certs-manager')}`,
      '--leader-elect=false',
      '--kube-api-qps=1000',
      '--kube-api-burst=1000',
      // Nobody renews the nodes' leases, so nobody may miss them.
      '--controllers=*,-node-lifecycle-controller,-taint-eviction-controller,-node-ipam-controller',
      `--service-account-private-key-file=${path('accounts.key')}`,
    ],
  };
}

/** Starts a control plane of its own; `programs` is the folder that {@link prepareControlPlane} answers with. */
export async function startControlPlane(programs) {
  const plane = new ControlPlane(programs);
  try {
    await plane.prepare();
    plane.start('etcd');
    plane.start('kube-apiserver');
    await plane.connect();
    plane.start('kube-controller-manager');
    await plane.populate();
  } catch (error) {
    await plane.stop();
    throw error;
  }
  return plane;
}

/** The example shop in a control plane, with its pods running. */
export async function withShop(plane) {
  await plane.admin.applyFolder(join(root, 'examples/shop'));
  const pods = `/api/v1/namespaces/${scoped.namespace}/pods`;
  await plane.admin.waitFor(
    pods,
    ({ items }) => items.length >= 6 && items.every((one) => one.status.phase === 'Running'),
  );
}

/** A control plane to look around in: the shop on it, and a few programs in its containers. */
export async function startWithShop(prepared) {
  const plane = await startControlPlane(prepared.PODPATH_CONTROL_PLANE);
  await plane.startKwok(prepared.PODPATH_KWOK);
  plane.provide(['timeout', 'bash', 'getent', 'python3', 'nc'].filter((name) => which(name) !== undefined));
  await withShop(plane);
  return plane;
}

/** `npm run cluster`: one for a developer, until Ctrl+C. */
async function main() {
  const prepared = await prepareControlPlane();
  if (typeof prepared === 'string') {
    console.error(prepared);
    process.exitCode = 2;
    return;
  }
  const interrupted = new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, done);
  });
  const started = Date.now();
  const plane = await startWithShop(prepared);
  console.error(`A control plane at ${plane.server}, started in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  console.error(`Its users: ${Object.values(plane.kubeconfigs).join(' ')}`);
  console.error('Ctrl+C ends it. KUBECONFIG for its admin:');
  console.log(plane.kubeconfigs.admin);
  const alive = setInterval(() => undefined, 60_000);
  await interrupted;
  clearInterval(alive);
  await plane.stop();
}

if (process.argv[1] === import.meta.filename) await main();
