import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { CompletionAnswer } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { type TypedPlace, typedPlace } from '../manifest/typedPath.ts';
import type { TextPosition } from '../model/resource.ts';

/** What the text says of the object that is typed, and what its scope and the clusters hold. */
interface Context {
  readonly place: TypedPlace;
  readonly kind: string;
  readonly namespace: string;
  readonly scopes: readonly ScopeAnalysis[];
}

/** More than one looks through. */
const most = 200;

/**
 * Labels, Services, ports and namespaces where one is expected, from the file's scopes and the running clusters. Works on
 * text that is not YAML yet.
 */
export function completions(analysis: Analysis, uri: string, position: TextPosition): readonly CompletionAnswer[] {
  const file = analysis.file(uri);
  if (file === undefined) return [];
  const place = typedPlace(file.text, file.lines.offset(position));
  const { lines } = place;
  const kind = fieldOf(lines, /^kind:\s*(\S+)/) ?? '';
  const namespace = fieldOf(lines, /^\s+namespace:\s*["']?([\w.-]+)/) ?? 'default';
  const live = analysis.clusters.flatMap(({ context }) => analysis.scopeNamed(context) ?? []);
  const own = [...new Set([...analysis.scopesOfFile(uri), ...live])];
  const found = offers({ place, kind, namespace, scopes: own });
  // A file that is only begun, or stands alone, may belong to any of them.
  const all = found.length > 0 ? found : offers({ place, kind, namespace, scopes: analysis.scopes });
  return all.slice(0, most);
}

function fieldOf(lines: readonly string[], pattern: RegExp): string | undefined {
  return lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])[0];
}

function offers(context: Context): readonly CompletionAnswer[] {
  const { path, typing } = context.place;
  const [last, above] = [path.at(-1), path.at(-2)];
  if (typing === 'key') return isLabelMap(context, path) ? labelKeys(context, path) : [];
  if (last === 'namespace' && above === 'metadata') return namespaces(context);
  if (isLabelMap(context, path.slice(0, -1))) return labelValues(context, path, last ?? '');
  if (path.includes('matchExpressions')) {
    if (last === 'key') return labelKeys(context, path);
    if (path.includes('values')) return labelValues(context, path, siblingValue(context.place, 'key') ?? '');
  }
  if (last === 'serviceName') return services(context);
  if (last === 'name' && above === 'service') return services(context);
  const isBackendPort = above === 'port' && (last === 'name' || last === 'number') && path.includes('backend');
  if (isBackendPort) return servicePorts(context, last);
  if (last === 'targetPort') return containerPorts(context);
  if (last === 'port' && path.includes('ports') && /Policy$/.test(context.kind)) return containerPorts(context);
  return [];
}

/** True below a map of labels that pods or namespaces are chosen by. */
function isLabelMap({ kind }: Context, path: readonly string[]): boolean {
  const last = path.at(-1);
  return last === 'matchLabels' || (kind === 'Service' && last === 'selector' && path.at(-2) === 'spec');
}

/** Labels of namespaces below a namespaceSelector, else of pods: those of the own namespace where only they can be meant. */
function labelSets(context: Context, path: readonly string[]): readonly Readonly<Record<string, string>>[] {
  const { scopes, namespace } = context;
  if (path.includes('namespaceSelector')) {
    return scopes.flatMap(({ snapshot }) => [...snapshot.namespaces.values()].map(({ labels }) => labels));
  }
  const isOwnOnly = !path.includes('from') && !path.includes('to');
  return scopes.flatMap(({ snapshot }) =>
    (isOwnOnly ? snapshot.podsIn(namespace) : snapshot.pods).map(({ template }) => template.labels),
  );
}

function labelKeys(context: Context, path: readonly string[]): readonly CompletionAnswer[] {
  const counts = new Map<string, number>();
  for (const labels of labelSets(context, path)) {
    for (const key of Object.keys(labels)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counted(counts, 'key', path);
}

function labelValues(context: Context, path: readonly string[], key: string): readonly CompletionAnswer[] {
  const counts = new Map<string, number>();
  for (const labels of labelSets(context, path)) {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counted(counts, 'value', path);
}

/** The most used first. */
function counted(
  counts: ReadonlyMap<string, number>,
  kind: 'key' | 'value',
  path: readonly string[],
): readonly CompletionAnswer[] {
  const isOfNamespaces = path.includes('namespaceSelector');
  return [...counts]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .map(([label, count]) => {
      const detail = isOfNamespaces
        ? t('on {0} namespaces', count)
        : count === 1
          ? t('on 1 pod')
          : t('on {0} pods', count);
      return { label, kind, detail };
    });
}

function namespaces({ scopes }: Context): readonly CompletionAnswer[] {
  const names = scopes.flatMap(({ scope, snapshot }) =>
    [...snapshot.namespaces.keys()].map((name) => [name, scope.name] as const),
  );
  return [...new Map(names)].sort().map(([label, detail]) => ({ label, kind: 'namespace', detail }));
}

function services({ scopes, namespace }: Context): readonly CompletionAnswer[] {
  const found = scopes.flatMap(({ snapshot }) => snapshot.services.filter(({ ref }) => ref.namespace === namespace));
  const rows = found.map(({ ref, type, headless, ports }) => {
    const detail = `${headless ? t('headless') : type} ${ports.map(({ port }) => port).join(', ')}`.trim();
    return [ref.name, { label: ref.name, kind: 'service', detail }] as const;
  });
  return [...new Map(rows).values()];
}

/** The ports of the Service that the backend names. */
function servicePorts({ place, scopes, namespace }: Context, field: 'name' | 'number'): readonly CompletionAnswer[] {
  const name = nameAbove(place);
  const ports = scopes.flatMap(({ snapshot }) => snapshot.service(namespace, name)?.ports ?? []);
  const rows = ports.flatMap(({ name: portName, port, targetPort }) => {
    const label = field === 'name' ? portName : String(port);
    const other = field === 'name' ? String(port) : portName;
    return label === '' ? [] : [[label, { label, kind: 'port', detail: `${other} → ${targetPort}`.trim() }] as const];
  });
  return [...new Map(rows).values()];
}

/** Port names, then numbers, that the pods of the namespace declare. */
function containerPorts({ scopes, namespace }: Context): readonly CompletionAnswer[] {
  const declared = scopes.flatMap(({ snapshot }) =>
    snapshot.podsIn(namespace).flatMap(({ template }) => template.ports),
  );
  const rows = [
    ...declared.filter(({ name }) => name !== '').map((one) => [one.name, `${one.port}/${one.protocol}`] as const),
    ...declared.map((one) => [String(one.port), `${one.name} ${one.protocol}`.trim()] as const),
  ];
  return [...new Map(rows)].map(([label, detail]) => ({ label, kind: 'port', detail }));
}

/** `key:` of the same item of a list, above the cursor. */
function siblingValue({ lines, line }: TypedPlace, key: string): string | undefined {
  const pattern = new RegExp(`^\\s*(?:- )?${key}:\\s*["']?([^"'\\s]+)`);
  for (let at = line; at >= 0; at--) {
    const text = lines[at] ?? '';
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
    if (/^\s*- (?!.*:\s*$)\w+:/.test(text) && at < line) return undefined;
  }
  return undefined;
}

/** The name that stands above a backend's port. */
function nameAbove({ lines, line }: TypedPlace): string {
  for (let at = line; at >= Math.max(0, line - 6); at--) {
    const found = /^\s*(?:- )?name:\s*["']?([\w.-]+)/.exec(lines[at] ?? '')?.[1];
    if (found !== undefined && at !== line) return found;
  }
  return '';
}
