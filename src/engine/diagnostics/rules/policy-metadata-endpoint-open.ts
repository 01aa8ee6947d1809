import { t } from '@vscode/l10n';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { workloadKinds } from '../workloadKinds.ts';

/** Where clouds answer with the credentials of the machine. */
const metadataAddress = '169.254.169.254';

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  for (const { ref, pods, system } of snapshot.workloads) {
    const [pod] = pods;
    if (pod === undefined || system || pod.template.hostNetwork) continue;
    const { action } = model.decide({ kind: 'pod', pod }, { kind: 'address', ip: metadataAddress }, 'TCP', 80);
    if (action !== 'allow') continue;
    const message = t('Pods of {0} may ask the cloud’s metadata service at {1}', ref.name, metadataAddress);
    yield { code: rule.code, message, ref, path: ['metadata', 'name'], related: [], fixes: [] };
  }
}

const files = (except: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers: [{name: web, image: web}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
${except}`;

/** A way to the machine's credentials. */
export const rule: Rule = {
  code: 'policy-metadata-endpoint-open',
  summary: 'A workload may reach 169.254.169.254.',
  description:
    'Clouds hand out the machine’s credentials there to whoever asks from it. Leave the address out of egress rules. Off by default.',
  severity: 'off',
  reads: ['networking.k8s.io/NetworkPolicy', ...workloadKinds],
  example: { failing: files(''), corrected: files('            except: [169.254.169.254/32]\n') },
  check,
};
