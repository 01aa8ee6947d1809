import { t } from '@vscode/l10n';
import { cidrCovers, formatIp, parseCidr } from '../../model/addresses.ts';
import type { FieldPath, ResourceRef } from '../../model/resource.ts';
import type { Peer } from '../../policy/policy.ts';
import { policyPeers } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { program, peer } of policyPeers(context)) {
    if (peer.kind !== 'block') continue;
    const { ref } = program;
    if (peer.invalid !== undefined) {
      const message = t('This ipBlock of policy {0} can not be: {1}', ref.name, peer.invalid);
      yield { code: rule.code, message, ref, path: invalidField(peer), related: [], fixes: [] };
      continue;
    }
    yield* blockFindings(ref, peer);
  }
}

type Block = Extract<Peer, { kind: 'block' }>;

/** The text of a block that can't be read, or that does not fit the other. */
function invalidField({ cidr, except, path }: Block): FieldPath {
  const outer = parseCidr(cidr);
  const bad = except.findIndex((text) => {
    const inner = parseCidr(text);
    return inner === undefined || outer === undefined || !cidrCovers(outer, inner);
  });
  return outer === undefined || bad < 0 ? [...path, 'cidr'] : [...path, 'except', bad];
}

/** What is odd about a block that can be read. */
function* blockFindings(ref: ResourceRef, { cidr, except, path }: Block): Generator<Finding> {
  const whole = except.findIndex((text) => isWhole(cidr, text));
  if (whole >= 0) {
    const text = except[whole] ?? '';
    const message = t('except {0} leaves nothing of {1}: the API server wants a smaller one', text, cidr);
    yield { code: rule.code, message, ref, path: [...path, 'except', whole], related: [], fixes: [] };
  }
  const texts: readonly (readonly [string, FieldPath])[] = [
    [cidr, [...path, 'cidr']],
    ...except.map((text, index) => [text, [...path, 'except', index]] as const),
  ];
  for (const [text, field] of texts) {
    const meant = maskedOf(text);
    if (meant === undefined) continue;
    yield {
      code: rule.code,
      // Kubernetes accepts this one and masks it.
      severity: 'warning',
      message: t('{0} has bits beyond its prefix: it means {1}', text, meant),
      ref,
      path: field,
      related: [],
      fixes: [{ title: t('Write {0}', meant), target: ref, changes: [{ kind: 'set', path: field, value: meant }] }],
    };
  }
}

/** True for an exception of the same size as the block that it is inside of. */
function isWhole(cidr: string, except: string): boolean {
  return parseCidr(cidr)?.prefix === parseCidr(except)?.prefix;
}

/** What a CIDR with host bits means; `undefined` where it has none. */
function maskedOf(text: string): string | undefined {
  const block = parseCidr(text);
  if (block === undefined || !block.hostBits) return undefined;
  return `${formatIp({ family: block.family, value: block.first })}/${block.prefix}`;
}

const policy = (except: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock:
            cidr: 172.16.0.0/16
            except:
              - ${except}
`;

/** A CIDR that the API server refuses or reads otherwise. */
export const rule: Rule = {
  code: 'policy-ip-block-invalid',
  summary: 'A malformed CIDR, host bits, or an except outside its cidr.',
  description:
    'The API server refuses a policy whose cidr is malformed, or whose except is not inside its cidr. Bits beyond the prefix are accepted and ignored, which is rarely what was meant.',
  severity: 'error',
  reads: ['networking.k8s.io/NetworkPolicy'],
  example: { failing: policy('172.17.1.0/24'), corrected: policy('172.16.1.0/24') },
  check,
};
