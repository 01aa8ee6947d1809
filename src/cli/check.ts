import { findings, finish, type LocatedFinding, type Location, readClusterUri, refLabel } from '../engine/index.ts';
import { sarif, workflowCommands } from './checkFormats.ts';
import { type Command, jsonOutput } from './command.ts';
import { fileName, load, ofScope } from './load.ts';

const order = ['error', 'warning', 'info', 'hint'] as const;

/** What is wrong with the files. */
export const check: Command = async (options) => {
  const analysis = await load(options.operands, options);
  const all = ofScope(analysis, options.scope, finish(findings(analysis)));
  const threshold = order.indexOf(options.failOn);
  const exitCode = all.some((one) => order.indexOf(one.severity) <= threshold) ? 1 : 0;
  return { output: print(all, options.output), exitCode };
};

function print(all: readonly LocatedFinding[], output: string): string {
  switch (output) {
    case 'json':
      return jsonOutput({ findings: all.map(findingJson) });
    case 'sarif':
      return sarif(all);
    case 'github':
      return workflowCommands(all);
    default:
      return checkText(all);
  }
}

function findingJson({ code, severity, message, location, scope, ref, related, fixes }: LocatedFinding): object {
  return {
    code,
    severity,
    message,
    file: fileName(location.uri),
    range: location.range,
    scope,
    ...(ref === undefined ? {} : { ref }),
    related: related.map((one) => ({
      file: fileName(one.location.uri),
      range: one.location.range,
      message: one.message,
    })),
    fixes: fixes.map(({ title, edits }) => ({
      title,
      edits: edits.map(({ uri, range, newText }) => ({ file: fileName(uri), range, newText })),
    })),
  };
}

/** Where it is, `severity code`, the message below it, and last how many there are of each severity. */
function checkText(all: readonly LocatedFinding[]): string {
  const lines = all.flatMap(({ code, severity, message, location, related, fixes }) => [
    `${placeText(location)} ${severity} ${code}`,
    `  ${message}`,
    // In a cluster there is no file to look into: what proves a finding is told with it.
    ...(readClusterUri(location.uri) === undefined
      ? []
      : related.map((one) => `  ${placeText(one.location)}: ${one.message}`)),
    ...fixes.map(({ title }) => `  fix: ${title}`),
  ]);
  const counts = order.flatMap((severity) => {
    const count = all.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const total = counts.length === 0 ? 'no findings' : counts.join(', ');
  return `${[...lines, total].join('\n')}\n`;
}

/** `file:line:column`; for an object of a running cluster `context: Kind namespace/name`. */
function placeText({ uri, range }: Location): string {
  const live = readClusterUri(uri);
  if (live !== undefined) return `${live.context}: ${refLabel(live.ref)}`;
  return `${fileName(uri)}:${range.start.line + 1}:${range.start.character + 1}`;
}
