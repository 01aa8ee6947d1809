#!/usr/bin/env node
import { readArguments, UsageError, usage } from './arguments.ts';
import { assertions } from './assertions.ts';
import { check } from './check.ts';
import type { Command, Outcome } from './command.ts';
import { connectivity } from './connectivity.ts';
import { endpoints } from './endpoints.ts';
import { graph } from './graph.ts';
import { trace } from './trace.ts';

const commands: Readonly<Record<string, Command>> = { check, connectivity, endpoints, graph, test: assertions, trace };

async function run(argv: readonly string[]): Promise<Outcome> {
  if (argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') {
    return { output: `${usage}\n`, exitCode: 0 };
  }
  const options = readArguments(argv);
  const command = commands[options.command];
  if (command === undefined) throw new UsageError(usage);
  return command(options);
}

// A reader that has seen enough (`podpath check | head`) ends the program quietly.
process.stdout.on('error', () => process.exit());
try {
  const { output, exitCode } = await run(process.argv.slice(2));
  process.exitCode = exitCode;
  process.stdout.write(output);
} catch (error) {
  process.exitCode = 2;
  const message = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`podpath: ${message}\n`);
}
