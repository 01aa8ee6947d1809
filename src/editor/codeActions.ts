import * as vscode from 'vscode';
import type { LocatedFinding } from '../engine/index.ts';
import { manifestSelector, toRange, toWorkspaceEdit } from './convert.ts';
import type { Diagnostics } from './diagnostics.ts';

/** Offers the fixes of findings, and the comment that silences one. */
export function registerCodeActions(diagnostics: Diagnostics): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    provideCodeActions(document, range, context) {
      const shown = context.diagnostics.filter((one) => one.source === 'Podpath');
      return diagnostics
        .of(document.uri)
        .filter((finding) => toRange(finding.location.range).intersection(range) !== undefined)
        .flatMap((finding) => {
          const diagnostic = shown.find((one) => codeOf(one) === finding.code);
          return [...fixesOf(finding, diagnostic), silence(document, finding, diagnostic)];
        });
    },
  };
  return vscode.languages.registerCodeActionsProvider(manifestSelector, provider, {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  });
}

function codeOf({ code }: vscode.Diagnostic): unknown {
  return typeof code === 'object' ? code.value : code;
}

function action(title: string, diagnostic: vscode.Diagnostic | undefined): vscode.CodeAction {
  const result = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  if (diagnostic !== undefined) result.diagnostics = [diagnostic];
  return result;
}

function fixesOf({ fixes }: LocatedFinding, diagnostic: vscode.Diagnostic | undefined): readonly vscode.CodeAction[] {
  return fixes.map(({ title, edits }) => {
    const result = action(title, diagnostic);
    result.edit = toWorkspaceEdit(edits);
    result.isPreferred = fixes.length === 1;
    return result;
  });
}

/** A comment on the line above, indented like it. JSON has no comments, so there it does nothing. */
function silence(
  document: vscode.TextDocument,
  { code, location }: LocatedFinding,
  diagnostic: vscode.Diagnostic | undefined,
): vscode.CodeAction {
  const result = action(vscode.l10n.t('Ignore {0} here', code), diagnostic);
  const line = document.lineAt(location.range.start.line);
  if (document.fileName.endsWith('.json')) {
    result.disabled = { reason: vscode.l10n.t('JSON has no comments; use the annotation podpath.dev/ignore') };
    return result;
  }
  const indent = line.text.slice(0, line.firstNonWhitespaceCharacterIndex);
  const edit = new vscode.WorkspaceEdit();
  const reason = vscode.l10n.t('say why');
  edit.insert(
    document.uri,
    new vscode.Position(line.lineNumber, 0),
    `${indent}# podpath-ignore ${code} -- ${reason}\n`,
  );
  result.edit = edit;
  return result;
}
