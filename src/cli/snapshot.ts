import { writeFileSync } from 'node:fs';
import { recordingText } from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { readCluster } from './cluster.ts';
import type { Command } from './command.ts';

/** Records what is read of a cluster, for bug reports: a file that every command takes as PATH. */
export const snapshot: Command = async (options) => {
  const cluster = await readCluster(options);
  const text = recordingText(cluster, cluster.resources);
  const { output } = options;
  if (output === '' || output === '-') return { output: text, exitCode: 0 };
  if (!/\.json$/.test(output)) throw new UsageError(`${output}: a snapshot is JSON; name a file that ends with .json`);
  try {
    writeFileSync(output, text);
  } catch (error) {
    throw new UsageError(`${output}: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.stderr.write(`podpath: ${cluster.resources.length} objects of context ${cluster.context} in ${output}\n`);
  return { output: '', exitCode: 0 };
};
