import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AssumptionSettings,
  GraphAnswer,
  GraphEdge,
  GraphNode,
  GraphRequest,
  InspectAnswer,
  TraceAnswer,
  TraceProblem,
  TraceRequest,
} from '../../src/engine/index.ts';
import { type Analysis, AnalysisHost, graphMermaid, query } from '../../src/engine/index.ts';

const shop = join(import.meta.dirname, '../../examples/shop');

/** The example workspace, analysed. `change` edits the text of a file before. */
export function shopAnalysis(
  assume: AssumptionSettings = {},
  change: (name: string, text: string) => string = (_, text) => text,
): Analysis {
  const saved = readdirSync(shop)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ uri: `file:///shop/${name}`, text: change(name, readFileSync(join(shop, name), 'utf8')) }));
  return new AnalysisHost().apply({
    folders: [{ uri: 'file:///shop', name: 'shop' }],
    saved,
    settings: { assume, rules: {}, allAsOne: false },
  });
}

/** What the view asks for when it opens on a whole scope. */
export const request: GraphRequest = { namespaces: [], level: 'workload', edges: [], limit: 40, unfolded: [] };

export function graphOf(analysis: Analysis, change: Partial<GraphRequest> = {}): GraphAnswer {
  return done(query(analysis, 'graph', { ...request, ...change }));
}

export function inspectOf(analysis: Analysis, box: string): InspectAnswer | null {
  return done(query(analysis, 'inspect', { box }));
}

export function traceOf(analysis: Analysis, flow: TraceRequest): TraceAnswer | TraceProblem {
  return done(query(analysis, 'trace', flow));
}

function done<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** A topology of so many boxes: chains of Service and workload, ten boxes a namespace. */
export function manyBoxes(count: number): GraphAnswer {
  const nodes: GraphNode[] = Array.from({ length: count }, (_, index) => {
    const isService = index % 2 === 0;
    const name = `${isService ? 'svc' : 'app'}-${Math.floor(index / 2)}`;
    return {
      id: `${isService ? 'Service' : 'Deployment'}/${index}`,
      kind: isService ? 'service' : 'workload',
      namespace: `team-${Math.floor(index / 10)}`,
      name,
      title: isService ? 'Service ClusterIP' : 'Deployment',
      label: name,
      problems: 0,
      ...(isService ? {} : { replicas: 2, ready: 2 }),
    };
  });
  const edges: GraphEdge[] = nodes.slice(1).map((node, index) => {
    const from = nodes[index % 10 === 9 ? Math.floor(index / 2) : index];
    return { from: from?.id ?? '', to: node.id, kind: index % 2 === 0 ? 'selects' : 'allows', ports: 'TCP 8080' };
  });
  return answerOf(nodes, edges);
}

export function answerOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphAnswer {
  const namespaces = [...new Set(nodes.map(({ namespace }) => namespace))].filter((one) => one !== '');
  return { scope: 'made', nodes, edges, changes: [], namespaces, hidden: 0, mermaid: graphMermaid(nodes, edges) };
}

/** Labels that would do harm, forge boxes, load something, or only look like something else. */
export const hostileLabels: readonly string[] = [
  '<img src=http://evil.example/a.png>',
  '<img src=x onerror=window.pwned=1>',
  '<script>window.pwned=1</script>',
  '<a href="javascript:window.pwned=1">press</a>',
  '<style>*{background:url(http://evil.example/b)}</style>',
  '<iframe src="http://evil.example/c"></iframe>',
  '"] --> b["pwn',
  '`**bold** <b>markup</b>`',
  'a"]:::denied',
  '%%{init: {"theme":"dark"}}%%',
  'click n0 "http://evil.example/d"',
  'fa:fa-car',
  '$$\\sqrt{x}$$',
  '&lt;b&gt; &#60; #60; #quot;',
  '@{ img: "http://evil.example/e", shape: circle }',
  'end; subgraph x',
  '1. first - second _third_ ~~~fourth~~~ |fifth| {sixth}',
  'ünïcødé 日本語 🚀',
];
