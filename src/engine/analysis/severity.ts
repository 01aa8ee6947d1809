import type { Rule, Severity } from '../diagnostics/rule.ts';
import { rules } from '../diagnostics/rules.ts';
import type { Analysis } from './analysis.ts';

const severities: ReadonlySet<string> = new Set(['off', 'hint', 'info', 'warning', 'error']);

/** True where a rule may say something somewhere: it is on, or some settings name it. */
export function mayBeOn(analysis: Analysis, { code, severity }: Rule): boolean {
  if (severity !== 'off') return true;
  const written = [
    analysis.settings.rules[code],
    ...analysis.folders.map((one) => analysis.config(one).config.rules[code]),
  ];
  return written.some((one) => one !== undefined && one !== 'off');
}

/** The severity that holds for a rule in a file: podpath.yaml's, else the user's setting, else the rule's own. */
export function severityOf(analysis: Analysis, uri: string, code: string): Severity | 'off' {
  const folder = analysis.folderOf(uri);
  const written = (folder && analysis.config(folder).config.rules[code]) ?? analysis.settings.rules[code];
  if (written !== undefined && severities.has(written)) return written as Severity | 'off';
  return rules.find((one) => one.code === code)?.severity ?? 'warning';
}
