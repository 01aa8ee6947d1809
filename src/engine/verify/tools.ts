import { normalIp, parseIp } from '../model/addresses.ts';

/** A command line, word by word: no shell reads it, so nothing in a word is more than a word. */
export interface ProbeCommand {
  readonly tool: 'getent' | 'python3' | 'nslookup' | 'bash' | 'nc';
  readonly argv: readonly string[];
}

/** What a command did where it ran, as far as anybody heard of it. */
export interface ProbeRun {
  /** What it printed; the end is missing where it printed more than anybody reads. */
  readonly stdout: string;
  readonly stderr: string;
  /** Absent where it was not started, or had not ended in time. */
  readonly exitCode?: number;
  readonly isLate: boolean;
  /** What kept it from being started, as the node or its container runtime says; '' where it ran. */
  readonly problem: string;
}

/** The answer to a name: addresses in canonical form, sorted; none where there is no such name, or nobody answered. */
export interface LookupSeen {
  readonly kind: 'lookup';
  readonly addresses: readonly string[];
}

/** How the attempt to connect ended. `local` is the client's own address, where the program tells it. */
export interface ConnectSeen {
  readonly kind: 'connect';
  readonly sees: 'connected' | 'refused' | 'timeout' | 'unreachable';
  readonly local?: string;
}

/** What a run says. `no-tool`: there is no such program, or one that can not do this; `unread`: nobody knows what it means. */
export type ProbeReading = LookupSeen | ConnectSeen | { readonly kind: 'no-tool' | 'unread' | 'late' };

/** How long a program waits for an answer, in seconds. */
export const probeSeconds = 5;

const lookupSeconds = 8;
const pythonLookup =
  'import socket,sys;[print(a[4][0]) for a in socket.getaddrinfo(sys.argv[1],None,proto=socket.IPPROTO_TCP)]';
const pythonConnect = `import socket,sys;s=socket.create_connection((sys.argv[1],int(sys.argv[2])),${probeSeconds});print("connected from",s.getsockname()[0])`;
// The kernel's own table tells the client's address: bash does not. 01 is an open connection, 08 one that the server has
// already ended. Read line by line the kernel would begin anew for each, which takes minutes where there are thousands.
const bashConnect =
  'exec 3<>"/dev/tcp/$1/$2" && echo connected && mapfile -t t <"$4" && ' +
  `for l in "\${t[@]}"; do case $l in *":$3 0"[18]" "*) echo "$l";; esac; done`;

/** Ways to ask for the addresses of a name as the pod's own programs do, best first. */
export function lookupCommands(name: string): readonly ProbeCommand[] {
  return [
    { tool: 'getent', argv: ['timeout', `${lookupSeconds}`, 'getent', 'ahosts', name] },
    { tool: 'python3', argv: ['python3', '-c', pythonLookup, name] },
    { tool: 'getent', argv: ['getent', 'hosts', name] },
    { tool: 'nslookup', argv: ['nslookup', name] },
  ];
}

/** Ways to open one TCP connection and close it again, best first. None sends a byte. */
export function connectCommands(ip: string, port: number): readonly ProbeCommand[] {
  const isSix = parseIp(ip)?.family === 6;
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const table = isSix ? '/proc/net/tcp6' : '/proc/net/tcp';
  const seconds = `${probeSeconds}`;
  return [
    { tool: 'python3', argv: ['python3', '-c', pythonConnect, ip, `${port}`] },
    { tool: 'bash', argv: ['timeout', seconds, 'bash', '-c', bashConnect, 'podpath', ip, `${port}`, hexPort, table] },
    { tool: 'nc', argv: ['nc', '-z', '-v', '-w', seconds, ip, `${port}`] },
  ];
}

/**
 * True where a program did not run because it is not there (126 and 127 are what shells and runtimes say then), or where it
 * is one that does not know these options.
 */
function lacksTool({ stderr, stdout, exitCode, problem }: ProbeRun): boolean {
  if (problem !== '') return /executable file .*not found|no such file or directory|not found in \$PATH/i.test(problem);
  if (exitCode === 126 || exitCode === 127) return true;
  const isUsage = /^usage:|(?:invalid|unrecognized|illegal|unknown) option/im;
  return exitCode !== 0 && (isUsage.test(stderr) || /executable file not found/.test(stdout));
}

/** What a command that looks a name up has found. */
export function readLookup({ tool }: ProbeCommand, name: string, run: ProbeRun): ProbeReading {
  if (run.isLate) return { kind: 'late' };
  if (lacksTool(run)) return { kind: 'no-tool' };
  if (run.problem !== '') return { kind: 'unread' };
  const addresses = addressesOf(tool, run.stdout);
  if (addresses.length > 0) return { kind: 'lookup', addresses };
  // Busybox's nslookup asks for the name as it is written, without the search path: then a short name says nothing.
  if (tool === 'nslookup' && name.split('.').length < 4) return { kind: 'no-tool' };
  return run.exitCode === 0 ? { kind: 'unread' } : { kind: 'lookup', addresses: [] };
}

function addressesOf(tool: ProbeCommand['tool'], stdout: string): readonly string[] {
  const lines = stdout.split('\n');
  const found = tool === 'nslookup' ? addressLines(lines) : lines.map((line) => line.trim().split(/\s+/)[0] ?? '');
  const ips = found.filter((one) => parseIp(one) !== undefined).map(normalIp);
  return [...new Set(ips)].sort();
}

/** What nslookup answers; what stands before the name is the address of the server. */
function addressLines(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((one) => /^name:/i.test(one));
  if (start < 0) return [];
  return lines.slice(start).flatMap((line) => /^Address(?: \d+)?:\s*(\S+)/i.exec(line)?.[1] ?? []);
}

/** What a command that connects has seen. */
export function readConnect({ tool }: ProbeCommand, ip: string, port: number, run: ProbeRun): ProbeReading {
  if (run.isLate) return { kind: 'late' };
  if (lacksTool(run)) return { kind: 'no-tool' };
  if (run.problem !== '') return { kind: 'unread' };
  if (isConnected(tool, run)) {
    const local = localAddress(tool, ip, port, run.stdout);
    return { kind: 'connect', sees: 'connected', ...(local === undefined ? {} : { local }) };
  }
  const said = `${run.stderr}\n${run.stdout}`;
  if (/refused/i.test(said)) return { kind: 'connect', sees: 'refused' };
  if (/no route to host|unreachable/i.test(said)) return { kind: 'connect', sees: 'unreachable' };
  // `timeout` ends what it runs with 124; with busybox it is the signal, 143.
  const isLate = run.exitCode === 124 || run.exitCode === 143;
  const saysLate = /timed out|time-?out|operation (?:now )?in progress/i.test(said);
  return isLate || saysLate ? { kind: 'connect', sees: 'timeout' } : { kind: 'unread' };
}

function isConnected(tool: ProbeCommand['tool'], { stdout, exitCode }: ProbeRun): boolean {
  return tool === 'nc' ? exitCode === 0 : /^connected/m.test(stdout);
}

function localAddress(tool: ProbeCommand['tool'], ip: string, port: number, stdout: string): string | undefined {
  if (tool === 'bash') return localInTable(stdout, ip, port);
  const told = /^connected from (\S+)/m.exec(stdout)?.[1];
  return told === undefined || parseIp(told) === undefined ? undefined : normalIp(told);
}

/** Lines of `/proc/net/tcp`, addresses as the machine keeps them. `undefined` where lines of one target differ. Source: proc_net_tcp.txt. */
function localInTable(stdout: string, ip: string, port: number): string | undefined {
  const found = stdout.split('\n').flatMap((line) => {
    const match = /^\s*\d+:\s+([\dA-F]+):[\dA-F]{4}\s+([\dA-F]+):([\dA-F]{4})\s+0[18]\s/.exec(line);
    if (match === null || Number.parseInt(match[3] ?? '', 16) !== port) return [];
    return fromTable(match[2] ?? '') === normalIp(ip) ? (fromTable(match[1] ?? '') ?? []) : [];
  });
  const [local, ...others] = [...new Set(found)];
  return others.length === 0 ? local : undefined;
}

/** Each 32-bit word as a little-endian machine prints it; on another one no line is the target's, and nothing is told. */
function fromTable(hex: string): string | undefined {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((one) => Number.parseInt(one, 16)));
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  return normalIp(text.replace(/^0:0:0:0:0:ffff:(\w+):(\w+)$/, (_, a: string, b: string) => mapped(a, b)));
}

/** An IPv4 address that an IPv6 socket talks to. */
function mapped(high: string, low: string): string {
  return [high, low].flatMap((one) => [Number.parseInt(one, 16) >> 8, Number.parseInt(one, 16) & 255]).join('.');
}
