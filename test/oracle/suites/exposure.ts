import {
  buildSnapshot,
  Derived,
  type DirectionExposure,
  exposure,
  finish,
  formatPortRanges,
  type LabelSelector,
  type PodSet,
} from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';
import { applyFocus, compare } from './connlist.ts';
import { assumptionsOf, type CorpusCase, type ExpectedConnection, readResources } from './corpus.ts';

interface ExpectedExposure {
  readonly ingress: readonly ExpectedConnection[];
  readonly egress: readonly ExpectedConnection[];
  readonly unprotected: readonly { readonly workload: string; readonly direction: string }[];
}

/** Compares what is open to pods that are not in the files, and which workloads no policy protects. */
export function runExposure(suite: string, one: CorpusCase): CaseResult {
  const resources = readResources(`${one.folder}/manifests`);
  const derived = new Derived(buildSnapshot({ scope: one.id, resources, assume: assumptionsOf(suite) }));
  const exposures = finish(exposure(derived));
  const expected = one.expected.exposure as ExpectedExposure;
  const options = one.expected.options ?? {};
  const rows = (direction: 'ingress' | 'egress'): readonly ExpectedConnection[] => {
    const all = exposures.flatMap(({ workload, [direction]: own }) =>
      peersOf(own).map(({ name, conn }) =>
        direction === 'ingress' ? { src: name, dst: workload, conn } : { src: workload, dst: name, conn },
      ),
    );
    return applyFocus(all, options).map(normal);
  };
  const wrong = (['ingress', 'egress'] as const).flatMap((direction) => {
    return compare(rows(direction), expected[direction].map(normal)).map((text) => `${direction} ${text}`);
  });
  return {
    case: one.id,
    outcome: wrong.length === 0 ? 'agree' : 'disagree',
    why: wrong.slice(0, 3).join(' | '),
    answer: { exposure: { ingress: rows('ingress'), egress: rows('egress') } },
  };
}

function peersOf({ pods, outside }: DirectionExposure): readonly { readonly name: string; readonly conn: string }[] {
  const conn = (ports: Parameters<typeof formatPortRanges>[0]): string =>
    ports.length === 0 ? 'No Connections' : formatPortRanges(ports, 'All Connections').replaceAll('; ', ';');
  // Names stand behind the numbers of their protocol.
  const named = ({ ports, portNames = [] }: DirectionExposure['pods'][number]): string => {
    const parts = ports.length === 0 ? [] : conn(ports).split(';');
    for (const { protocol, name } of portNames) {
      const at = parts.findIndex((one) => one.startsWith(`${protocol} `));
      if (at < 0) parts.push(`${protocol} ${name}`);
      else parts[at] += `,${name}`;
    }
    return parts.length === 0 ? conn(ports) : parts.sort().join(';');
  };
  return [
    ...pods.map((one) => ({ name: nameOf(one.pods), conn: named(one) })),
    ...outside.filter(({ range }) => !range.includes(':')).map((one) => ({ name: one.range, conn: conn(one.ports) })),
  ];
}

/** The peer's names for pods that are not there. */
function nameOf(set: PodSet | undefined): string {
  if (set === undefined) return 'entire-cluster';
  const pods = set.pods.requirements.length === 0 ? '[all pods]' : `[pod with ${braces(set.pods)}]`;
  const { inNamespace, namespaces } = set;
  if (inNamespace !== undefined) return `${inNamespace}/${pods}`;
  const requirements = namespaces?.requirements ?? [];
  const [only] = requirements;
  if (only === undefined || namespaces === undefined) return `[all namespaces]/${pods}`;
  if (only.key === 'kubernetes.io/metadata.name' && requirements.length === 1) return `${only.values[0]}/${pods}`;
  return `[namespace with ${braces(namespaces)}]/${pods}`;
}

function braces({ requirements }: LabelSelector): string {
  return `{${requirements.map(({ key, operator, values }) => expression(key, operator, values)).join()}}`;
}

function expression(key: string, operator: string, values: readonly string[]): string {
  if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`;
  return `{Key:${key},Operator:${operator},Values:[${values.toSorted().join(' ')}],}`;
}

/** An equality is one however it is written, and order means nothing. */
function normal(row: ExpectedConnection): ExpectedConnection {
  const plain = (name: string): string =>
    name
      .replace(/\{Key:([^,]*),Operator:In,Values:\[([^ \]]*)\],\}/g, '$1=$2')
      .replace(/(?<=Values:\[)[^\]]*/g, (values) => values.split(' ').sort().join(' '))
      .replace(/(with )\{(.*?)\}(?=\])/g, (_, head: string, inner: string) => {
        const parts = inner.match(/\{[^}]*\}|[^,{}]+=[^,{}]*/g) ?? [];
        return `${head}{${parts.sort().join()}}`;
      });
  return { ...row, src: plain(row.src), dst: plain(row.dst) };
}
