import { t } from '@vscode/l10n';
import { type GraphNode, graphDot, graphMermaid, mostArrows, wholeGraph } from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { load, oneScope } from './load.ts';

/** The whole topology of a scope. */
export const graph: Command = async (options) => {
  const analysis = await load(options.operands, options);
  const whole = wholeGraph(analysis, oneScope(analysis, options.scope));
  if (whole === undefined) {
    throw new UsageError(t('The topology has more than {0} arrows: choose fewer files or namespaces', mostArrows));
  }
  const { nodes, edges } = whole;
  switch (options.output) {
    case 'json':
      return { output: jsonOutput({ nodes: nodes.map(nodeJson), edges: edges.map(edgeJson) }), exitCode: 0 };
    case 'dot':
      return { output: graphDot(nodes, edges), exitCode: 0 };
    default:
      return { output: graphMermaid(nodes, edges), exitCode: 0 };
  }
};

function nodeJson({ id, kind, namespace, name, label, parent }: GraphNode): object {
  return { id, kind, namespace, name, label, ...(parent === undefined ? {} : { parent }) };
}

function edgeJson({ ports, ...edge }: { readonly ports: string }): object {
  return { ...edge, ...(ports === '' ? {} : { ports }) };
}
