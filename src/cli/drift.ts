import { AnalysisHost, type ChangeRow, type DriftAnswer, drift as findDrift, finish } from '../engine/index.ts';
import { readCluster } from './cluster.ts';
import { type Command, jsonOutput } from './command.ts';
import { fileName, readPaths } from './load.ts';

/** How files differ from a cluster in what the network sees, and what applying them would open and close. */
export const drift: Command = async (options) => {
  const { assume, allAsOne } = options;
  const [cluster, files] = await Promise.all([readCluster(options), readPaths(options.operands)]);
  const settings = { assume, rules: {}, allAsOne };
  const analysis = new AnalysisHost().apply({ ...files, settings, clusters: [cluster] });
  const answers = finish(findDrift(analysis, options.scope));
  const differs = answers.some(({ rows, changes }) => rows.length + changes.length > 0);
  const output =
    options.output === 'json' ? jsonOutput({ drift: answers.map(driftJson) }) : answers.map(driftText).join('\n');
  return { output, exitCode: differs ? 1 : 0 };
};

function driftJson({ scope, context, rows, changes, unseen }: DriftAnswer): object {
  return {
    scope,
    context,
    objects: rows.map(({ kind, label, fields, location }) => ({
      kind,
      object: label,
      fields,
      ...(location === undefined ? {} : { file: fileName(location.uri), range: location.range }),
    })),
    changes: changes.map(({ kind, from, to, ports }) => ({ kind, from, to, ports })),
    unseen,
  };
}

const signs: Readonly<Record<ChangeRow['kind'], string>> = { opens: '+', closes: '-', changes: '~' };

function driftText({ scope, context, rows, summary, changes }: DriftAnswer): string {
  const lines = [
    `${scope} beside context ${context}: ${countText(rows.length)}`,
    ...rows.map(({ label, text, location }) => {
      const place = location === undefined ? '' : `  ${fileName(location.uri)}:${location.range.start.line + 1}`;
      return `  ${label} ${text}${place}`;
    }),
    `applying it ${summary}`,
    ...changes.map(({ kind, from, to, ports }) => `  ${signs[kind]} ${from} → ${to}  ${ports}`),
  ];
  return `${lines.join('\n')}\n`;
}

function countText(differing: number): string {
  if (differing === 0) return 'nothing differs';
  return differing === 1 ? '1 object differs' : `${differing} objects differ`;
}
