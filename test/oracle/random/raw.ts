// What the literal evaluators read raw objects with. It shares no code with the engine.

/** A value of a manifest; nothing is known of it. */
export type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/** A member of an object; `undefined` where there is none. */
export function field(value: Json, name: string): Json {
  return typeof value === 'object' && value !== null ? (value as Fields)[name] : undefined;
}

/** The items of a list; none where it is no list. */
export function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The labels of an object. */
export function labelsOf(object: Json): Map<string, string> {
  const labels = field(field(object, 'metadata'), 'labels');
  return new Map(Object.entries((labels ?? {}) as Record<string, string>));
}

/** "The result of matchLabels and matchExpressions are ANDed. An empty label selector matches all objects." */
export function labelsMatch(selector: Json, labels: ReadonlyMap<string, string>): boolean {
  const equal = Object.entries((field(selector, 'matchLabels') ?? {}) as Record<string, string>);
  if (equal.some(([key, value]) => labels.get(key) !== value)) return false;
  return list(field(selector, 'matchExpressions')).every((one) => {
    const key = String(field(one, 'key'));
    const values = list(field(one, 'values'));
    const value = labels.get(key);
    switch (field(one, 'operator')) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}

/** Bit by bit, so that nothing is clever here. Both families. */
export function inCidr(ip: string, cidr: string): boolean {
  const [base = '', prefix = '0'] = cidr.split('/');
  if (base.includes(':') !== ip.includes(':')) return false;
  return bits(ip).startsWith(bits(base).slice(0, Number(prefix)));
}

function bits(ip: string): string {
  const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
  if (!ip.includes(':'))
    return ip
      .split('.')
      .map((one) => binary(Number(one), 8))
      .join('');
  const [head = '', tail] = ip.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const middle = new Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...middle, ...last].map((one) => binary(Number.parseInt(one, 16), 16)).join('');
}

/** The labels of a namespace by its name, with the one that the API server puts on every namespace. */
export function namespaceLabels(namespaces: readonly Json[], name: string): Map<string, string> {
  const object = namespaces.find((one) => field(field(one, 'metadata'), 'name') === name);
  return new Map(labelsOf(object)).set('kubernetes.io/metadata.name', name);
}

/** The namespace that an object is in. */
export function namespaceOf(object: Json): string {
  return String(field(field(object, 'metadata'), 'namespace'));
}

/** The container ports of a pod. */
export function portsOf(pod: Json): readonly Json[] {
  return list(field(field(pod, 'spec'), 'containers')).flatMap((one) => list(field(one, 'ports')));
}
