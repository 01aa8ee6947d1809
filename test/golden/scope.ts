import assert from 'node:assert/strict';
import { Derived } from '../../src/engine/analysis/derived.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import type { AssumptionSettings } from '../../src/engine/model/assumptions.ts';
import { buildSnapshot } from '../../src/engine/model/build.ts';
import type { Protocol } from '../../src/engine/model/cluster.ts';
import { isProblem, parseEnd } from '../../src/engine/trace/ends.ts';
import type { Branch, FlowProblem, Hop, Packet, Trace } from '../../src/engine/trace/flow.ts';
import { trace } from '../../src/engine/trace/trace.ts';

/** The objects of YAML text as one scope. */
export function scopeOf(text: string, assume: AssumptionSettings = {}): Derived {
  const file = parseManifest(text, 'test.yaml');
  assert.deepEqual(file.problems, []);
  const resources = file.documents.flatMap((one) => one.resources);
  return new Derived(buildSnapshot({ scope: 'test', resources, assume }));
}

export interface Question {
  readonly protocol?: Protocol;
  readonly node?: string;
}

/** What the CLI's `trace FROM TO` computes. */
export function ask(derived: Derived, from: string, to: string, question: Question = {}): Trace | FlowProblem {
  const source = parseEnd(derived.snapshot, from, 'from');
  if (isProblem(source)) return source;
  const destination = parseEnd(derived.snapshot, to, 'to');
  if (isProblem(destination)) return destination;
  return trace(derived, {
    source: source.end,
    destination: destination.end,
    protocol: question.protocol ?? 'TCP',
    ...(destination.port === undefined ? {} : { port: destination.port }),
    ...(question.node === undefined ? {} : { node: question.node }),
  });
}

/** The trace of a question that can be asked. */
export function traced(derived: Derived, from: string, to: string, question: Question = {}): Trace {
  const answer = ask(derived, from, to, question);
  if (isProblem(answer)) assert.fail(`${from} to ${to}: ${answer.message}`);
  return answer;
}

/** The branch that ends at a pod. */
export function branchTo(answer: Trace, pod: string): Branch {
  const found = answer.branches.find((one) => one.destination.pod?.name === pod);
  if (found === undefined) assert.fail(`no branch ends at ${pod}`);
  return found;
}

/** `10.0.0.1>10.0.0.2:80 ttl 63`, and the outer header of a tunnel. */
export function packetText({ src, dst, dport, ttl, encapsulation }: Packet): string {
  const outer = encapsulation === undefined ? '' : ` [${encapsulation.src}>${encapsulation.dst}]`;
  return `${src}>${dst}:${dport} ttl ${ttl}${outer}`;
}

/** What a tap would show at the three places that matter: leaving the sender, between nodes, arriving. */
export function taps(hops: readonly Hop[]): readonly string[] {
  const first = hops[0]?.steps.at(-1)?.after;
  const wire = hops.find((hop) => hop.location.namespace === 'fabric' && hops.indexOf(hop) > 1)?.steps[0]?.before;
  const last = hops.at(-1)?.steps.at(-1)?.after;
  return [first, wire, last].flatMap((one) => (one === undefined ? [] : [packetText(one)]));
}
