import * as vscode from 'vscode';

/** Runs one task at a time: a newer one cancels the one before it, whose result is then dropped. */
export class Newest implements vscode.Disposable {
  #source: vscode.CancellationTokenSource | undefined;

  /** The task's result, or `undefined` where a newer task or a failure came between. */
  async run<T>(task: (token: vscode.CancellationToken) => Promise<T>): Promise<T | undefined> {
    this.#source?.cancel();
    const source = new vscode.CancellationTokenSource();
    this.#source = source;
    try {
      const result = await task(source.token);
      return source.token.isCancellationRequested ? undefined : result;
    } catch {
      // The worker logs what went wrong; what is on the screen stays until a newer answer comes.
      return undefined;
    } finally {
      source.dispose();
    }
  }

  dispose(): void {
    this.#source?.cancel();
  }
}
