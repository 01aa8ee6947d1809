import { writeFileSync } from 'node:fs';
import { recordingText } from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { readCluster } from './cluster.ts';
import type { Command } from './command.ts';
import { say } from './terminal.ts';

/** Records what is read of a cluster, for bug reports: a file that every command takes as PATH. */
export const snapshot: Command = async (options) => {
  const { output } = options;
  const isPrinted = output === '' || output === '-';
  if (!isPrinted && !/\.json$/.test(output)) {
    throw new UsageError(`${output}: a snapshot is JSON; name a file that ends with .json`);
  }
  const cluster = await readCluster(options);
  const text = recordingText(cluster, cluster.resources);
  if (isPrinted) return { output: text, exitCode: 0 };
  try {
    writeFileSync(output, text);
  } catch (error) {
    throw new UsageError(`${output}: ${error instanceof Error ? error.message : String(error)}`);
  }
  say(`${cluster.resources.length} objects of context ${cluster.context} in ${output}`);
  return { output: '', exitCode: 0 };
};
