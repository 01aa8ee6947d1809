import type { ToWebview } from '../src/protocol.ts';

type Shape = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object' | 'array' | 'nullable'>>;

/** The members that a page reads without looking twice, by the message's type. */
const shapes: Readonly<Record<ToWebview['type'], Shape>> = {
  trace: { answer: 'object', request: 'object', pinned: 'boolean', canVerify: 'boolean', verified: 'nullable' },
  graph: { answer: 'object', request: 'object', pending: 'number' },
  inspect: { answer: 'nullable' },
  reveal: { location: 'object' },
  stale: { changes: 'number', edits: 'array' },
  showChanges: {},
  busy: { busy: 'boolean' },
  stopped: {},
};

/** The answers inside of messages: a page that was restored may be older or newer than the editor's side. */
const answers: Readonly<Record<string, Shape>> = {
  graph: {
    nodes: 'array',
    edges: 'array',
    changes: 'array',
    namespaces: 'array',
    mermaid: 'string',
    scope: 'string',
    hidden: 'number',
  },
  trace: {
    headline: 'string',
    reason: 'string',
    branches: 'array',
    assumptions: 'array',
    blamed: 'array',
    fixes: 'array',
  },
  problem: { problem: 'string', choices: 'array' },
};

/** A message of the editor, or `undefined` where it is not one that this page knows. */
export function readToWebview(value: unknown): ToWebview | undefined {
  if (!isRecord(value)) return undefined;
  const type = value['type'];
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return undefined;
  if (!fits(value, shapes[type as ToWebview['type']])) return undefined;
  const answer = value['answer'];
  if (type === 'graph' && !fits(answer, answers['graph'])) return undefined;
  if (type === 'trace') {
    const shape = isRecord(answer) && 'problem' in answer ? answers['problem'] : answers['trace'];
    if (!fits(answer, shape)) return undefined;
  }
  return value as unknown as ToWebview;
}

function fits(value: unknown, shape: Shape | undefined): boolean {
  if (!isRecord(value) || shape === undefined) return false;
  return Object.entries(shape).every(([name, type]) => {
    const member = value[name];
    if (type === 'array') return Array.isArray(member);
    if (type === 'nullable') return member === null || isRecord(member);
    return type === 'object' ? isRecord(member) : typeof member === type;
  });
}

/** True for an object that is no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
