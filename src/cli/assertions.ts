import { finish, runTests, type TestResult } from '../engine/index.ts';
import { readFiles } from '../sources/fileSource.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { fileName, load, ofScope, uriOf } from './load.ts';

/** Judges the assertions of podpath.yaml and ConnectivityTest objects, or those of `--assertions FILE`. */
export const assertions: Command = async (options) => {
  const analysis = await load(options.operands, options);
  const other = options.assertions === undefined ? undefined : await readOther(options.assertions);
  const all = ofScope(analysis, options.scope, finish(runTests(analysis, other)));
  if (all.length === 0)
    throw new UsageError('there are no assertions: write tests in podpath.yaml or a ConnectivityTest');
  const exitCode = all.every((one) => one.pass) ? 0 : 1;
  return { output: print(all, options.output), exitCode };
};

function print(all: readonly TestResult[], output: string): string {
  switch (output) {
    case 'json':
      return jsonOutput({ results: all.map(resultJson) });
    case 'junit':
      return junit(all);
    default:
      return testText(all);
  }
}

/** As CI servers read it: a suite a file, a case an assertion. */
function junit(all: readonly TestResult[]): string {
  const suites = [...Map.groupBy(all, ({ uri }) => fileName(uri))].map(([file, results]) => {
    const failures = results.filter(({ pass }) => !pass).length;
    const cases = results.map((one) => {
      const name = xml(flowText(one));
      const head = `    <testcase classname="${xml(`${one.scope} ${file}`)}" name="${name}"`;
      if (one.pass) return `${head}/>`;
      const message = xml(`${one.actual}, expected ${one.expect}`);
      return `${head}>\n      <failure message="${message}">${xml(one.why)}</failure>\n    </testcase>`;
    });
    const attributes = `name="${xml(file)}" tests="${results.length}" failures="${failures}"`;
    return `  <testsuite ${attributes}>\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

/** Text for XML 1.0, which has no way to write control characters. */
function xml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/[&<>"]/g, (char) => entities[char] ?? char);
}

function flowText({ from, to, port, protocol }: TestResult): string {
  return `${from} → ${to}${port === undefined ? '' : `:${port}`} (${protocol})`;
}

/** A file of assertions that was named on the command line. */
export async function readOther(path: string): Promise<{ readonly uri: string; readonly text: string }> {
  const [read] = await readFiles([path]);
  if (read?.text === undefined) throw new UsageError(`${path}: ${read?.error ?? 'not readable'}`);
  return { uri: uriOf(path), text: read.text };
}

function resultJson({ uri, index, scope, from, to, port, protocol, expect, actual, why, pass }: TestResult): object {
  return {
    file: fileName(uri),
    index,
    scope,
    from,
    to,
    ...(port === undefined ? {} : { port }),
    protocol,
    expect,
    actual,
    why,
    pass,
  };
}

function testText(all: readonly TestResult[]): string {
  const lines = all.flatMap((one) => {
    const { uri, index, expect, actual, why, pass } = one;
    const head = `${pass ? '✓' : '✗'} ${fileName(uri)} #${index + 1} ${flowText(one)}: ${actual}`;
    return pass ? [head] : [`${head}, expected ${expect}`, `    ${why}`];
  });
  const failed = all.filter((one) => !one.pass).length;
  return `${[...lines, `${all.length - failed} hold, ${failed} do not`].join('\n')}\n`;
}
