import type { FromWebview } from '../protocol.ts';

type Shape = Readonly<Record<string, 'string' | 'object' | 'array'>>;

/** The members that every message of a type must have. */
const shapes: Readonly<Record<FromWebview['type'], Shape>> = {
  ready: {},
  open: { location: 'object' },
  trace: { request: 'object' },
  pickTrace: {},
  pin: { request: 'object' },
  saveTest: { request: 'object' },
  verify: {},
  fix: { edits: 'array' },
  copy: { text: 'string', what: 'string' },
  save: { text: 'string', name: 'string' },
  graph: { request: 'object' },
  inspect: { box: 'string' },
  showTopology: {},
  log: { level: 'string', message: 'string' },
};

/** A message of one of our pages, or `undefined` for anything else. */
export function readFromWebview(value: unknown): FromWebview | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as Readonly<Record<string, unknown>>;
  const type = message['type'];
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return undefined;
  const fits = Object.entries(shapes[type as FromWebview['type']]).every(([name, kind]) => {
    const member = message[name];
    if (kind === 'array') return Array.isArray(member);
    return kind === 'object' ? typeof member === 'object' && member !== null : typeof member === kind;
  });
  return fits ? (value as FromWebview) : undefined;
}
