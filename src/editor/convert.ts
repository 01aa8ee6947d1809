import * as vscode from 'vscode';
import type { FileEdit, Location, TextPosition, TextRange } from '../engine/index.ts';

/** Files that may hold manifests. */
export const manifestSelector: vscode.DocumentSelector = [
  { language: 'yaml' },
  { language: 'json' },
  { language: 'jsonc' },
  { language: 'dockercompose' },
  { pattern: '**/*.{yaml,yml,json}' },
];

/** True for a document that the engine may read: not for old versions, settings, output and other made-up texts. */
export function isManifestDocument(document: vscode.TextDocument): boolean {
  const { scheme } = document.uri;
  const isFile = scheme === 'file' || scheme === 'untitled' || isWorkspaceScheme(scheme);
  return isFile && vscode.languages.match(manifestSelector, document) > 0;
}

function isWorkspaceScheme(scheme: string): boolean {
  return (vscode.workspace.workspaceFolders ?? []).some(({ uri }) => uri.scheme === scheme);
}

/** The engine's position of a VS Code position; both count UTF-16 code units. */
export function toPosition({ line, character }: vscode.Position): TextPosition {
  return { line, character };
}

/** A range as VS Code has it. */
export function toRange({ start, end }: TextRange): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** The engine's range of a VS Code range. */
export function fromRange({ start, end }: vscode.Range): TextRange {
  return { start: toPosition(start), end: toPosition(end) };
}

/** A place as VS Code has it. */
export function toLocation({ uri, range }: Location): vscode.Location {
  return new vscode.Location(vscode.Uri.parse(uri), toRange(range));
}

/** Edits of several files as one change that can be undone. */
export function toWorkspaceEdit(edits: readonly FileEdit[]): vscode.WorkspaceEdit {
  const all = new vscode.WorkspaceEdit();
  for (const { uri, range, newText } of edits) all.replace(vscode.Uri.parse(uri), toRange(range), newText);
  return all;
}
