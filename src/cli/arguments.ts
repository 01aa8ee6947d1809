import { parseArgs } from 'node:util';
import { type AssumptionSettings, readAssumption } from '../engine/index.ts';

/** A command line that means nothing; the program prints it and exits with 2. */
export class UsageError extends Error {}

/** The command line, read. Absent options have their defaults. */
export interface Options {
  readonly command: string;
  /** What stands behind the command: ends first where the command has them, then paths. */
  readonly operands: readonly string[];
  readonly output: string;
  readonly failOn: 'error' | 'warning' | 'info';
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** What `suggest` goes by. */
  readonly source: 'present' | 'assertions';
  readonly assume: AssumptionSettings;
  readonly allAsOne: boolean;
  readonly scope?: string;
  readonly service?: string;
  readonly node?: string;
  readonly from?: string;
  readonly to?: string;
  readonly assertions?: string;
  readonly workload?: string;
  /** A running cluster to read; `kubeconfig` alone means its current context. */
  readonly context?: string;
  readonly kubeconfig?: string;
  /** Where a kind may not be listed in the whole cluster; empty: the context's own. */
  readonly namespaces: readonly string[];
}

interface CommandForm {
  /** Ends that it takes before its paths. */
  readonly ends: number;
  /** The formats that it prints, the usual one first; empty where `-o` names a file. */
  readonly outputs: readonly string[];
  readonly needsCluster?: true;
}

/** The commands. */
export const commands: Readonly<Record<string, CommandForm>> = {
  check: { ends: 0, outputs: ['text', 'json', 'sarif', 'github'] },
  endpoints: { ends: 0, outputs: ['text', 'json'] },
  trace: { ends: 2, outputs: ['text', 'json', 'mermaid'] },
  connectivity: { ends: 0, outputs: ['text', 'json', 'mermaid', 'dot', 'csv'] },
  diff: { ends: 2, outputs: ['text', 'json', 'mermaid', 'markdown'] },
  exposure: { ends: 0, outputs: ['text', 'json'] },
  explain: { ends: 2, outputs: ['text', 'json'] },
  test: { ends: 0, outputs: ['text', 'json', 'junit'] },
  graph: { ends: 0, outputs: ['mermaid', 'dot', 'json'] },
  suggest: { ends: 0, outputs: ['yaml', 'json'] },
  drift: { ends: 0, outputs: ['text', 'json'], needsCluster: true },
  watch: { ends: 0, outputs: ['text'], needsCluster: true },
  snapshot: { ends: 0, outputs: [], needsCluster: true },
};

/** How to use the program. */
export const usage = `usage: podpath COMMAND [PATH…] [options]

  check         what is wrong: [-o text|json|sarif|github] [--fail-on error|warning|info]
  endpoints     the endpoints of Services: [--service ns/name] [-o text|json]
  trace FROM TO the way of a connection: [--protocol TCP] [--node NAME] [-o text|json|mermaid]
  connectivity  who may talk to whom: [--from END] [--to END] [-o text|json|mermaid|dot|csv]
  explain FROM TO why each port is open or not: [--protocol TCP] [-o text|json]
  exposure      what is open to pods and addresses that are not in the files: [--workload END] [-o text|json]
  diff OLD NEW  what changes between two folders or git revisions: [-o text|json|mermaid|markdown]
  test          connectivity assertions: [--assertions FILE] [-o text|json|junit]
  suggest       NetworkPolicies for what is allowed today, or for the assertions: [--by present|assertions]
                [--assertions FILE] [-o yaml|json]
  graph         the topology: [-o mermaid|dot|json]
  drift         how files differ from a cluster, and what applying them would open and close: [-o text|json]
  watch         a line for each change in a cluster's connectivity, until Ctrl+C
  snapshot      what was read of a cluster, without Secrets and environment values: [-o FILE]

  PATH is a file or folder (default .), - is standard input
  --context NAME, --kubeconfig FILE
                  read a running cluster; files are laid over it where a PATH is given
  --namespace NS  where the whole cluster may not be listed (repeatable)
  --scope NAME    one scope of several; --all-as-one takes every file as one scope
  --assume K=V    assume something about the cluster, for example cni=calico-vxlan (repeatable)

  An end: ns/pod, ns/Kind/name, ns/svc/name[:port], node/NAME, an address, and for TO a DNS name or URL.`;

const choices = {
  failOn: ['error', 'warning', 'info'],
  protocol: ['TCP', 'UDP', 'SCTP'],
  source: ['present', 'assertions'],
} as const;

/** Reads the command line; throws a {@link UsageError}. */
export function readArguments(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  const [command = 'help', ...operands] = positionals;
  const known = commands[command];
  if (positionals.length === 0) throw new UsageError(`which command?\n\n${usage}`);
  if (known === undefined) throw new UsageError(`${command} is not a command\n\n${usage}`);
  const output = values.output ?? known.outputs[0] ?? '';
  if (known.outputs.length > 0 && !known.outputs.includes(output)) {
    throw new UsageError(`${command} prints ${known.outputs.join(', ')}, not ${output}`);
  }
  const [context, kubeconfig] = [onlyOne('--context', values.context), onlyOne('--kubeconfig', values.kubeconfig)];
  const isLive = context !== undefined || kubeconfig !== undefined;
  if (values.namespace !== undefined && !isLive) throw new UsageError('--namespace needs --context or --kubeconfig');
  if (known.needsCluster === true && !isLive) throw new UsageError(`${command} needs --context or --kubeconfig`);
  if (operands.length < known.ends) {
    throw new UsageError(`${command} needs ${command === 'diff' ? 'OLD and NEW' : 'FROM and TO'}`);
  }
  const optional = Object.fromEntries(
    (['scope', 'service', 'node', 'from', 'to', 'assertions', 'workload'] as const).flatMap((key) => {
      const value = values[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return {
    ...optional,
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    command,
    operands,
    output,
    failOn: oneOf('--fail-on', values['fail-on'] ?? 'error', choices.failOn),
    protocol: oneOf('--protocol', (values.protocol ?? 'TCP').toUpperCase(), choices.protocol),
    source: oneOf('--by', values.by ?? 'present', choices.source),
    assume: assumptions(values.assume ?? []),
    allAsOne: values['all-as-one'] ?? false,
    namespaces: values.namespace ?? [],
  };
}

function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o' },
        'fail-on': text,
        protocol: text,
        assume: { type: 'string', multiple: true },
        'all-as-one': { type: 'boolean' },
        scope: text,
        service: text,
        node: text,
        from: text,
        to: text,
        assertions: text,
        workload: text,
        by: text,
        context: { type: 'string', multiple: true },
        kubeconfig: { type: 'string', multiple: true },
        namespace: { type: 'string', short: 'n', multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

/** A command reads one cluster. */
function onlyOne(option: string, values: readonly string[] = []): string | undefined {
  const [value, ...more] = new Set(values);
  if (more.length > 0) throw new UsageError(`${option} is given twice: a command reads one cluster`);
  if (value === '') throw new UsageError(`${option} names nothing`);
  return value;
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${option} is one of ${allowed.join(', ')}, not ${value}`);
  return found;
}

function assumptions(texts: readonly string[]): AssumptionSettings {
  let result: AssumptionSettings = {};
  for (const text of texts) {
    const read = readAssumption(text);
    if (typeof read === 'string') throw new UsageError(read);
    result = { ...result, ...read };
  }
  return result;
}
