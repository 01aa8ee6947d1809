import { backendFindings } from '../backendFinding.ts';
import { missing } from '../missing.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const finding of backendFindings(context, 'service', rule.code)) {
    yield missing(context.snapshot, finding.ref.namespace, finding);
  }
}

const ingress = (name: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  rules:
    - host: shop.example
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${name}
                port: {number: 80}
---
apiVersion: v1
kind: Service
metadata: {name: frontend}
spec: {selector: {app: frontend}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: frontend, labels: {app: frontend}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 80}]}]}
`;

/** An Ingress that leads to no Service. */
export const rule: Rule = {
  code: 'ingress-backend-missing',
  summary: 'An Ingress backend that names no Service of its namespace.',
  description:
    'A backend names a Service in the namespace of the Ingress; a Service of another namespace can not be named. There is no such Service, so clients get an error page of the controller (of ingress-nginx HTTP 503).',
  severity: 'error',
  reads: ['networking.k8s.io/Ingress', '/Service', '/Pod'],
  example: { failing: ingress('fronted'), corrected: ingress('frontend') },
  check,
};
