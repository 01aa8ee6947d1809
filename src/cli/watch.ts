import { t } from '@vscode/l10n';
import {
  AnalysisHost,
  type ChangedConnection,
  type ClusterObjects,
  diffConnectivity,
  finish,
  plainLines,
  portsChange,
  type ScopeAnalysis,
} from '../engine/index.ts';
import type { ClusterChange } from '../sources/clusterSource.ts';
import type { Options } from './arguments.ts';
import { openCluster, settle, stateText } from './cluster.ts';
import type { Command } from './command.ts';
import { oneScope, readPaths } from './load.ts';
import { say } from './terminal.ts';

/** Prints a line for each change in who may talk to whom, until the program is interrupted. */
export const watch: Command = async (options) => {
  const files = options.operands.length === 0 ? {} : await readPaths(options.operands);
  const interrupted = new Promise<undefined>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done(undefined));
  });
  let follow: ((change: ClusterChange) => void) | undefined;
  const source = await openCluster(options, { watch: true, onChange: (change) => follow?.(change) });
  const objects = await Promise.race([settle(source), interrupted]);
  if (objects === undefined) {
    await source.stop();
    return { output: '', exitCode: 0 };
  }
  const state = new Watched(options, files, objects);
  const tell = (): boolean => process.stdout.write(plainLines(state.next(source.snapshot())));
  let told = 'live';
  for (const sentence of objects.missing) say(sentence);
  say(`${stateText(objects.context, { kind: 'live' })}; Ctrl+C ends`);
  follow = (change) => {
    if (change.state.kind !== told) {
      told = change.state.kind;
      say(stateText(objects.context, change.state));
    }
    // While the server can't be reached nothing is known to have changed.
    if (change.changed.length + change.removed.length > 0) tell();
  };
  tell();
  await interrupted;
  await source.stop();
  return { output: '', exitCode: 0 };
};

/** The last state that was told, and what the next one changes. */
class Watched {
  readonly #host = new AnalysisHost();
  readonly #options: Options;
  #last: ScopeAnalysis;

  constructor(options: Options, files: Awaited<ReturnType<typeof readPaths>> | object, objects: ClusterObjects) {
    this.#options = options;
    const { assume, allAsOne } = options;
    const layOver = 'folders' in files ? { layOver: objects.context } : {};
    this.#host.apply({ ...files, settings: { assume, rules: {}, allAsOne, ...layOver } });
    this.#last = this.#scopeWith(objects);
  }

  #scopeWith(objects: ClusterObjects): ScopeAnalysis {
    return oneScope(this.#host.apply({ clusters: [objects] }), this.#options.scope);
  }

  /** Lines as `diff` prints them, each behind the time. */
  next(objects: ClusterObjects): string {
    const before = this.#last;
    this.#last = this.#scopeWith(objects);
    if (before.derived === this.#last.derived) return '';
    const { added, removed, changed, isCut } = finish(diffConnectivity(before.derived, this.#last.derived));
    const time = new Date().toISOString();
    const more = isCut ? [`${time} ${t('and maybe more')}\n`] : [];
    const lines = (sign: string, list: readonly ChangedConnection[]): readonly string[] =>
      list.map((one) => `${time} ${sign} ${one.from} → ${one.to}  ${portsChange(one)}\n`);
    return [...lines('+', added), ...lines('-', removed), ...lines('~', changed), ...more].join('');
  }
}
