import { backendFindings } from '../backendFinding.ts';
import type { Rule } from '../rule.ts';

const ingress = (port: number): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  defaultBackend:
    service:
      name: frontend
      port:
        number: ${port}
---
apiVersion: v1
kind: Service
metadata: {name: frontend}
spec: {selector: {app: frontend}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: frontend, labels: {app: frontend}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
`;

/** An Ingress that leads to a port that its Service does not have. */
export const rule: Rule = {
  code: 'ingress-backend-port-missing',
  summary: 'An Ingress backend port, by name or number, that its Service does not have.',
  description:
    "A backend's port is a port of the Service, not of its pods: the Service's port number or port name. There is no such port, so clients get an error page of the controller (of ingress-nginx HTTP 503).",
  severity: 'error',
  reads: ['networking.k8s.io/Ingress', '/Service'],
  example: { failing: ingress(8080), corrected: ingress(80) },
  check: (context) => backendFindings(context, 'port', 'ingress-backend-port-missing'),
};
