import { finish, runTests, type TestResult } from '../engine/index.ts';
import { readFiles } from '../sources/fileSource.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { fileName, load } from './load.ts';

/** Judges the assertions of podpath.yaml and ConnectivityTest objects, or those of `--assertions FILE`. */
export const assertions: Command = async (options) => {
  const analysis = await load(options.operands, options);
  const other = options.assertions === undefined ? undefined : await readOne(options.assertions);
  const all = finish(runTests(analysis, other)).filter(
    (one) => options.scope === undefined || one.scope === options.scope,
  );
  if (all.length === 0)
    throw new UsageError('there are no assertions: write tests in podpath.yaml or a ConnectivityTest');
  const exitCode = all.every((one) => one.pass) ? 0 : 1;
  const output = options.output === 'json' ? jsonOutput({ results: all.map(resultJson) }) : testText(all);
  return { output, exitCode };
};

async function readOne(path: string): Promise<{ readonly uri: string; readonly text: string }> {
  const [read] = await readFiles([path]);
  if (read?.text === undefined) throw new UsageError(`${path}: ${read?.error ?? 'not readable'}`);
  return { uri: path, text: read.text };
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
  const lines = all.flatMap(({ uri, index, from, to, port, protocol, expect, actual, why, pass }) => {
    const flow = `${from} → ${to}${port === undefined ? '' : `:${port}`} (${protocol})`;
    const head = `${pass ? '✓' : '✗'} ${fileName(uri)} #${index + 1} ${flow}: ${actual}`;
    return pass ? [head] : [`${head}, expected ${expect}`, `    ${why}`];
  });
  const failed = all.filter((one) => !one.pass).length;
  return `${[...lines, `${all.length - failed} hold, ${failed} do not`].join('\n')}\n`;
}
