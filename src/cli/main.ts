#!/usr/bin/env node
import { once } from 'node:events';
import { plainLines } from '../engine/index.ts';
import { readArguments, UsageError, usage } from './arguments.ts';
import { assertions } from './assertions.ts';
import { check } from './check.ts';
import type { Command, Outcome } from './command.ts';
import { connectivity } from './connectivity.ts';
import { diff } from './diff.ts';
import { drift } from './drift.ts';
import { endpoints } from './endpoints.ts';
import { explain } from './explain.ts';
import { exposure } from './exposure.ts';
import { graph } from './graph.ts';
import { snapshot } from './snapshot.ts';
import { suggest } from './suggest.ts';
import { say } from './terminal.ts';
import { trace } from './trace.ts';
import { watch } from './watch.ts';

const commands: Readonly<Record<string, Command>> = {
  check,
  connectivity,
  diff,
  drift,
  endpoints,
  explain,
  exposure,
  graph,
  snapshot,
  suggest,
  test: assertions,
  trace,
  watch,
};

/** The oldest Node that has what the bundle uses. */
const oldestNode = 22;

async function run(argv: readonly string[]): Promise<Outcome> {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    throw new UsageError(`Node ${oldestNode} or newer is needed; this is ${process.version}`);
  }
  if (argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') {
    return { output: `${usage}\n`, exitCode: 0 };
  }
  const options = readArguments(argv);
  const command = commands[options.command];
  if (command === undefined) throw new UsageError(usage);
  const outcome = await command(options);
  // Names are hostile: a terminal would obey what they hold.
  const { output } = outcome;
  return options.output === 'text' && typeof output === 'string' ? { ...outcome, output: plainLines(output) } : outcome;
}

// A reader that has seen enough (`podpath check | head`) ends the program quietly.
process.stdout.on('error', () => process.exit());
try {
  const { output, exitCode } = await run(process.argv.slice(2));
  process.exitCode = exitCode;
  for (const piece of typeof output === 'string' ? [output] : output) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  }
} catch (error) {
  process.exitCode = 2;
  const message = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : String(error);
  say(message ?? '');
}
