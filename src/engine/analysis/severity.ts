import type { Severity } from '../diagnostics/rule.ts';
import { rules } from '../diagnostics/rules.ts';
import type { Analysis } from './analysis.ts';

const severities: ReadonlySet<string> = new Set(['off', 'hint', 'info', 'warning', 'error']);

/** The severity that holds for a rule in a file: podpath.yaml's, else the user's setting, else the rule's own. */
export function severityOf(analysis: Analysis, uri: string, code: string): Severity | 'off' {
  const folder = analysis.folderOf(uri);
  const written = (folder && analysis.config(folder).config.rules[code]) ?? analysis.settings.rules[code];
  if (written !== undefined && severities.has(written)) return written as Severity | 'off';
  return rules.find((one) => one.code === code)?.severity ?? 'warning';
}
