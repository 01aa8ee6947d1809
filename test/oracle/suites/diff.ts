import {
  buildSnapshot,
  type ChangedConnection,
  Derived,
  diffConnectivity,
  finish,
  formatPortRanges,
  type PortRange,
} from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';
import { compare, isCompared } from './connlist.ts';
import { assumptionsOf, type CorpusCase, type ExpectedConnection, readResources } from './corpus.ts';
import { controllerPod, controllerRows } from './ingressController.ts';

/** Compares the changes between two folders with the peer's, after a common refinement of the external ranges. */
export function runDiff(suite: string, one: CorpusCase): CaseResult {
  const [before, after] = ['ref1', 'ref2'].map((ref) => {
    const resources = [...readResources(`${one.folder}/manifests/${ref}`), ...controllerPod];
    return new Derived(buildSnapshot({ scope: ref, resources, assume: assumptionsOf(suite) }));
  });
  if (before === undefined || after === undefined) return { case: one.id, outcome: 'disagree', why: '', answer: null };
  const { added, removed, changed } = finish(diffConnectivity(before, after));
  const rows = [...added, ...removed, ...changed].filter(({ from, to }) => isCompared(from) && isCompared(to));
  const answer = [...rows.map(toRow), ...controllerDiff(before, after)];
  const ours = answer.map(asConnection);
  const theirs = ((one.expected.connections ?? []) as readonly DiffRow[]).map(asConnection);
  const wrong = compare(ours, theirs);
  const outcome = wrong.length === 0 ? 'agree' : 'disagree';
  return { case: one.id, outcome, why: wrong.slice(0, 3).join(' | '), answer: { connections: answer } };
}

interface DiffRow {
  readonly type: string;
  readonly src: string;
  readonly dst: string;
  readonly ref1: string;
  readonly ref2: string;
}

function asConnection({ type, src, dst, ref1, ref2 }: DiffRow): ExpectedConnection {
  return { src, dst, conn: `${type}: ${ref1} → ${ref2}` };
}

function text(ports: readonly PortRange[]): string {
  return ports.length === 0 ? 'No Connections' : formatPortRanges(ports, 'All Connections').replaceAll('; ', ';');
}

function toRow({ from, to, before, after }: ChangedConnection): DiffRow {
  return { type: typeOf(before.length, after.length), src: from, dst: to, ref1: text(before), ref2: text(after) };
}

function typeOf(before: number, after: number): string {
  return before === 0 ? 'added' : after === 0 ? 'removed' : 'changed';
}

function controllerDiff(before: Derived, after: Derived): readonly DiffRow[] {
  const rows = ({ snapshot, matrix }: Derived) =>
    new Map(controllerRows(snapshot, matrix).map(({ dst, conn }) => [dst, conn]));
  const [old, now] = [rows(before), rows(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((dst): DiffRow[] => {
    const [ref1, ref2] = [old.get(dst), now.get(dst)];
    if (ref1 === ref2) return [];
    const type = typeOf(ref1 === undefined ? 0 : 1, ref2 === undefined ? 0 : 1);
    return [{ type, src: '{ingress-controller}', dst, ref1: ref1 ?? 'No Connections', ref2: ref2 ?? 'No Connections' }];
  });
}
