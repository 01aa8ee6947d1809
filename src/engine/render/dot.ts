import type { GraphEdge, GraphNode } from '../analysis/answers.ts';

/** A box of a Graphviz drawing; boxes of one `group` are framed together, '' stands for none. */
export interface DotNode {
  readonly id: string;
  readonly label: string;
  readonly group: string;
}

/** An arrow; `style` is Graphviz's (`solid`, `dashed`, `bold`). */
export interface DotEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly style: string;
}

/** A Graphviz digraph. All text is quoted, so names can not become syntax. */
export function dotText(nodes: readonly DotNode[], edges: readonly DotEdge[]): string {
  const lines = ['digraph podpath {', '  rankdir=LR;', '  node [shape=box];'];
  for (const [group, members] of Map.groupBy(nodes, (one) => one.group)) {
    const indent = group === '' ? '  ' : '    ';
    if (group !== '') lines.push(`  subgraph ${quote(`cluster_${group}`)} {`, `    label=${quote(group)};`);
    for (const { id, label } of members) lines.push(`${indent}${quote(id)} [label=${quote(label)}];`);
    if (group !== '') lines.push('  }');
  }
  for (const { from, to, label, style } of edges) {
    lines.push(`  ${quote(from)} -> ${quote(to)} [label=${quote(label)}, style=${style}];`);
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

function quote(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\r', '').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}

/** A topology as a Graphviz digraph, a frame a namespace. */
export function graphDot(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string {
  const styles = { routes: 'bold', selects: 'solid', allows: 'dashed', denies: 'dotted' } as const;
  return dotText(
    nodes.map(({ id, namespace, title, label }) => ({ id, group: namespace, label: `${title}\n${label}` })),
    edges.map(({ from, to, kind, ports }) => ({ from, to, label: ports, style: styles[kind] })),
  );
}
