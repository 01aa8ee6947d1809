import * as vscode from 'vscode';

/** Opens a copy of the example workspace, in a window of its own where a folder is open; what was changed in it stays. */
export function registerExample({ extensionUri, globalStorageUri }: vscode.ExtensionContext): vscode.Disposable {
  return vscode.commands.registerCommand('podpath.openExample', async () => {
    const copy = vscode.Uri.joinPath(globalStorageUri, 'examples', 'shop');
    if (!(await exists(copy))) {
      await vscode.workspace.fs.copy(vscode.Uri.joinPath(extensionUri, 'examples', 'shop'), copy);
    }
    const forceNewWindow = (vscode.workspace.workspaceFolders ?? []).length > 0;
    await vscode.commands.executeCommand('vscode.openFolder', copy, { forceNewWindow });
  });
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
