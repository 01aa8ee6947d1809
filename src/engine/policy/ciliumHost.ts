import { t } from '@vscode/l10n';
import type { Resource } from '../model/resource.ts';
import { hostFirewall } from './ciliumRelated.ts';
import type { PolicyProgram, PolicyRule } from './policy.ts';

const none = { ingress: false, egress: false } as const;

/**
 * A policy of nodes as the agents take it: nothing without their host firewall, which is off unless they are told
 * otherwise; where it is not known, or `unseen` says what else the policy hangs on, what it denies is not known.
 * Source: cilium Documentation/security/host-firewall, pull request 11759; pkg/option, EnableHostFirewall.
 */
export function onHosts(
  programs: readonly PolicyProgram[],
  related: readonly Resource[],
  unseen: string | undefined,
): readonly PolicyProgram[] {
  const firewall = hostFirewall(related);
  // A policy that has no effect can have none by what is wrong with it either.
  if (firewall === 'off') return programs.slice(0, 1).map((one) => ({ ...one, isolates: none, rules: [], doubts: [] }));
  const text = firewall === 'unknown' ? t('it depends on whether Cilium runs with enable-host-firewall') : unseen;
  return text === undefined ? programs : programs.flatMap((one) => ifItActs(one, text));
}

/** What a program allows is allowed either way, for without it nothing is denied; its isolation comes after every allow. */
function ifItActs(program: PolicyProgram, text: string): readonly PolicyProgram[] {
  const condition = { of: 'unseen', text } as const;
  const denies = ({ action }: PolicyRule): boolean => action === 'deny';
  const rules = program.rules.map((rule) => (denies(rule) ? { ...rule, condition } : rule));
  const evidence = { ref: program.ref, path: program.subjectPath, note: text };
  const isolated = (['ingress', 'egress'] as const).filter((one) => program.isolates[one]);
  const closing = isolated.map((direction): PolicyRule => {
    return { direction, action: 'deny', condition, implied: true, evidence };
  });
  const main = { ...program, isolates: none, rules };
  const rest = { ...main, priority: Number.MAX_SAFE_INTEGER, rules: closing, doubts: [] };
  return closing.length === 0 ? [main] : [main, rest];
}
