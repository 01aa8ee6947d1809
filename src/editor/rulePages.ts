import * as vscode from 'vscode';

/** Where each rule is explained: its heading in the page that ships with the extension, so no network is needed. */
export class RulePages {
  readonly #page: vscode.Uri;
  readonly #lines = new Map<string, number>();

  constructor(extensionUri: vscode.Uri) {
    this.#page = vscode.Uri.joinPath(extensionUri, 'docs', 'rules.md');
  }

  /** Reads the page's headings; without them links lead to its top. */
  async load(): Promise<void> {
    const bytes = await vscode.workspace.fs.readFile(this.#page).then(
      (read) => read,
      () => new Uint8Array(),
    );
    for (const [index, line] of new TextDecoder().decode(bytes).split('\n').entries()) {
      const code = /^## ([a-z-]+)$/.exec(line)?.[1];
      if (code !== undefined) this.#lines.set(code, index + 1);
    }
  }

  of(code: string): vscode.Uri {
    return this.#page.with({ fragment: `L${this.#lines.get(code) ?? 1}` });
  }
}
