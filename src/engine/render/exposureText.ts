import { t } from '@vscode/l10n';
import type { DirectionExposure, Exposure } from '../connectivity/exposure.ts';
import type { PortName } from '../connectivity/namedDoors.ts';
import { everything, formatSelector, type LabelSelector, selectsAll } from '../model/labels.ts';
import { formatPortRanges, type PortRange } from '../model/ports.ts';
import type { Direction, PodSet } from '../policy/policy.ts';
import { table } from './table.ts';

/** One line of an exposure, in words. */
export interface ExposureLine {
  readonly workload: string;
  readonly direction: Direction;
  readonly peer: string;
  readonly ports: string;
}

/** A table for a terminal: a row for each workload, direction and peer that is not among the objects. */
export function exposureText(exposures: readonly Exposure[]): string {
  const lines = exposures.flatMap(exposureLines);
  if (lines.length === 0) return `${t('Nothing is open to what is not in the files.')}\n`;
  const rows = lines.map(({ workload, direction, peer, ports }) => [workload, arrow(direction), peer, ports]);
  return table([[t('WORKLOAD'), '', t('NOT IN THE FILES'), t('PORTS')], ...rows]);
}

/** `←` for what comes in, `→` for what goes out. */
export function arrow(direction: Direction): string {
  return direction === 'ingress' ? '←' : '→';
}

/** One workload's exposure, a line a peer; what comes in is first. */
export function exposureLines({ workload, ingress, egress }: Exposure): readonly ExposureLine[] {
  const linesOf = (direction: Direction, { isProtected, pods, outside }: DirectionExposure): ExposureLine[] => {
    const peers = [
      ...pods.map((one) => ({ peer: strangerText(one.pods), ports: portsText(one.ports, one.portNames) })),
      ...outside.map(({ range, ports }) => ({ peer: range, ports: portsText(ports) })),
    ];
    const note = isProtected ? '' : ` ${t('(no policy)')}`;
    return peers.map(({ peer, ports }) => ({ workload, direction, peer: peer + note, ports }));
  };
  return [...linesOf('ingress', ingress), ...linesOf('egress', egress)];
}

function portsText(ports: readonly PortRange[], names: readonly PortName[] = []): string {
  if (ports.length + names.length === 0) return t('closed');
  const numbers = ports.length === 0 ? [] : [formatPortRanges(ports, t('all ports'))];
  return [...numbers, ...names.map(({ protocol, name }) => `${protocol} ${name}`)].join('; ');
}

function strangerText(set: PodSet | undefined): string {
  if (set === undefined) return t('any pod');
  const { inNamespace, namespaces = everything, pods } = set;
  const who = selectsAll(pods) ? t('any pod') : t('pods with {0}', formatSelector(pods));
  const name = inNamespace ?? nameAskedFor(namespaces);
  if (name !== undefined) return t('{0} in namespace {1}', who, name);
  return selectsAll(namespaces) ? who : t('{0} in namespaces with {1}', who, formatSelector(namespaces));
}

/** The one namespace that a selector means by the label of its name. */
function nameAskedFor({ requirements, anyOf, noneOf }: LabelSelector): string | undefined {
  const [first, ...others] = requirements;
  const isAlone = others.length === 0 && anyOf === undefined && noneOf === undefined;
  const isName = first?.key === 'kubernetes.io/metadata.name' && first.operator === 'In' && first.values.length === 1;
  return isAlone && isName ? first.values[0] : undefined;
}
