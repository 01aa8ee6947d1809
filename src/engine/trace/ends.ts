import { t } from '@vscode/l10n';
import { normalIp, parseIp } from '../model/addresses.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { FlowEnd, FlowProblem } from './flow.ts';

/** An end as text says it, with its port where the text has one. */
export interface ParsedEnd {
  readonly end: FlowEnd;
  readonly port?: number | string;
}

/** Reads an end in any of the forms of CONTRACT.md. The snapshot tells kinds and names apart where the text can't. */
export function parseEnd(snapshot: Snapshot, text: string, side: 'from' | 'to'): ParsedEnd | FlowProblem {
  const trimmed = text.trim();
  if (/^https?:\/\//.test(trimmed)) return { end: { kind: 'url', url: trimmed } };
  const bracketed = /^\[([^\]]+)\](?::(\w[\w-]*))?$/.exec(trimmed);
  if (bracketed !== null && parseIp(bracketed[1] ?? '')?.family === 6) return address(bracketed[1] ?? '', bracketed[2]);
  if (parseIp(trimmed) !== undefined) return address(trimmed, undefined);
  const colon = trimmed.lastIndexOf(':');
  const hasPort = colon > 0 && !trimmed.includes(']', colon);
  const name = hasPort ? trimmed.slice(0, colon) : trimmed;
  const port = hasPort ? trimmed.slice(colon + 1) : undefined;
  if (parseIp(name)?.family === 4) return address(name, port);
  const parts = name.split('/');
  if (name === '' || parts.includes('') || parts.length > 3) return malformed(text);
  if (port !== undefined && !isPort(port)) return noPort(port);
  if (parts.length === 1) {
    return side === 'to' && /^[\w.-]+$/.test(name) ? withPort({ kind: 'name', name }, port) : malformed(text);
  }
  const end =
    parts.length === 2
      ? pair(snapshot, parts[0] ?? '', parts[1] ?? '')
      : triple(snapshot, parts[0] ?? '', parts[1] ?? '', parts[2] ?? '');
  return end === undefined ? malformed(text) : withPort(end, port);
}

/** True for the answer that an end can't be read or used. */
export function isProblem(value: object): value is FlowProblem {
  return 'code' in value && 'choices' in value;
}

function malformed(text: string): FlowProblem {
  const message = t(
    '{0} is not an end: write namespace/pod, namespace/Kind/name, namespace/svc/name, node/name, an address, or (to) a DNS name or URL',
    text,
  );
  return { code: 'malformed', message, choices: [] };
}

/** A number that a port can have, or a name; nothing behind the colon counts as no port. */
function isPort(port: string): boolean {
  return !/^\d+$/.test(port) || (Number(port) >= 1 && Number(port) <= 65_535);
}

function noPort(port: string): FlowProblem {
  return {
    code: 'malformed',
    message: t('{0} is no port: write a number from 1 to 65535 or a name', port),
    choices: [],
  };
}

function address(ip: string, port: string | undefined): ParsedEnd | FlowProblem {
  if (port !== undefined && !isPort(port)) return noPort(port);
  return withPort({ kind: 'address', ip: normalIp(ip) }, port);
}

function withPort(end: FlowEnd, port: string | undefined): ParsedEnd {
  if (port === undefined || port === '') return { end };
  return { end, port: /^\d+$/.test(port) ? Number(port) : port };
}

function pair(snapshot: Snapshot, first: string, second: string): FlowEnd | undefined {
  if (first === 'node') return { kind: 'node', name: second };
  const bracket = /^(.+)\[([A-Za-z]+)\]$/.exec(second);
  if (bracket === null) return { kind: 'pod', namespace: first, name: second };
  return triple(snapshot, first, bracket[2] ?? '', bracket[1] ?? '');
}

function triple(snapshot: Snapshot, namespace: string, kind: string, name: string): FlowEnd | undefined {
  const lower = kind.toLowerCase();
  if (lower === 'svc' || lower === 'service') return { kind: 'service', namespace, name };
  if (lower === 'pod') return { kind: 'pod', namespace, name };
  if (lower === 'node') return undefined;
  const exact = snapshot.workloads.find((one) => one.ref.kind.toLowerCase() === lower)?.ref.kind;
  return { kind: 'workload', ref: { group: '', kind: exact ?? kind, namespace, name } };
}

/** An end as CONTRACT.md writes it. */
export function formatFlowEnd(end: FlowEnd): string {
  switch (end.kind) {
    case 'pod':
      return `${end.namespace}/${end.name}`;
    case 'workload':
      return `${end.ref.namespace}/${end.ref.kind}/${end.ref.name}`;
    case 'service':
      return `${end.namespace}/svc/${end.name}`;
    case 'node':
      return `node/${end.name}`;
    case 'address':
      return end.ip;
    case 'name':
      return end.name;
    case 'url':
      return end.url;
    default:
      return end satisfies never;
  }
}
