import type { Rule } from './rule.ts';
import { rule as cidrOverlap } from './rules/cidr-overlap.ts';
import { rule as cniConflict } from './rules/cni-conflict.ts';
import { rule as cniMissing } from './rules/cni-missing.ts';
import { rule as connectivityTestFailed } from './rules/connectivity-test-failed.ts';
import { rule as hostNetworkBypassesPolicy } from './rules/host-network-bypasses-policy.ts';
import { rule as ingressBackendMissing } from './rules/ingress-backend-missing.ts';
import { rule as ingressBackendPortMissing } from './rules/ingress-backend-port-missing.ts';
import { rule as ipPoolExhausted } from './rules/ip-pool-exhausted.ts';
import { rule as kindNotModelled } from './rules/kind-not-modelled.ts';
import { rule as kubeProxyMissing } from './rules/kube-proxy-missing.ts';
import { rule as manifestDuplicateKey } from './rules/manifest-duplicate-key.ts';
import { rule as manifestDuplicateObject } from './rules/manifest-duplicate-object.ts';
import { rule as manifestNotRendered } from './rules/manifest-not-rendered.ts';
import { rule as manifestSyntax } from './rules/manifest-syntax.ts';
import { rule as meshAuthorizationNeedsMtls } from './rules/mesh-authorization-needs-mtls.ts';
import { rule as meshDestinationMissing } from './rules/mesh-destination-missing.ts';
import { rule as meshMtlsConflict } from './rules/mesh-mtls-conflict.ts';
import { rule as namespaceLabelsConflict } from './rules/namespace-labels-conflict.ts';
import { rule as namespaceWithoutDefaultDeny } from './rules/namespace-without-default-deny.ts';
import { rule as nodePodCidrMissing } from './rules/node-pod-cidr-missing.ts';
import { rule as objectFieldInvalid } from './rules/object-field-invalid.ts';
import { rule as podIpConflict } from './rules/pod-ip-conflict.ts';
import { rule as podNotIsolated } from './rules/pod-not-isolated.ts';
import { rule as podpathConfigInvalid } from './rules/podpath-config-invalid.ts';
import { rule as policyDuplicatePriority } from './rules/policy-duplicate-priority.ts';
import { rule as policyEgressBlocksDns } from './rules/policy-egress-blocks-dns.ts';
import { rule as policyFieldInvalid } from './rules/policy-field-invalid.ts';
import { rule as policyHalfDualStack } from './rules/policy-half-dual-stack.ts';
import { rule as policyIpBlockAny } from './rules/policy-ip-block-any.ts';
import { rule as policyIpBlockCoversPods } from './rules/policy-ip-block-covers-pods.ts';
import { rule as policyIpBlockInvalid } from './rules/policy-ip-block-invalid.ts';
import { rule as policyMetadataEndpointOpen } from './rules/policy-metadata-endpoint-open.ts';
import { rule as policyNamedPortUnresolved } from './rules/policy-named-port-unresolved.ts';
import { rule as policyNamespaceLabelMissing } from './rules/policy-namespace-label-missing.ts';
import { rule as policyNotEnforced } from './rules/policy-not-enforced.ts';
import { rule as policyOneSided } from './rules/policy-one-sided.ts';
import { rule as policyPeerMatchesNothing } from './rules/policy-peer-matches-nothing.ts';
import { rule as policyPeerSplit } from './rules/policy-peer-split.ts';
import { rule as policyPortIsServicePort } from './rules/policy-port-is-service-port.ts';
import { rule as policyPortRangeInvalid } from './rules/policy-port-range-invalid.ts';
import { rule as policyRuleShadowed } from './rules/policy-rule-shadowed.ts';
import { rule as policySelectsNoPods } from './rules/policy-selects-no-pods.ts';
import { rule as policyTypesMissingEgress } from './rules/policy-types-missing-egress.ts';
import { rule as serviceNoReadyEndpoints } from './rules/service-no-ready-endpoints.ts';
import { rule as serviceNodePortConflict } from './rules/service-node-port-conflict.ts';
import { rule as servicePortProtocolMismatch } from './rules/service-port-protocol-mismatch.ts';
import { rule as servicePortsInvalid } from './rules/service-ports-invalid.ts';
import { rule as serviceSelectsNoPods } from './rules/service-selects-no-pods.ts';
import { rule as serviceTargetPortDiffers } from './rules/service-target-port-differs.ts';
import { rule as serviceTargetPortMissing } from './rules/service-target-port-missing.ts';
import { rule as serviceTargetPortUndeclared } from './rules/service-target-port-undeclared.ts';
import { rule as statefulsetServiceMissing } from './rules/statefulset-service-missing.ts';
import { rule as suppressionUnused } from './rules/suppression-unused.ts';
import { rule as userDefinedNetworkInvalid } from './rules/user-defined-network-invalid.ts';
import { rule as workloadSelectorMismatch } from './rules/workload-selector-mismatch.ts';

/** Every check, sorted by code. One file and one line here adds one. */
export const rules: readonly Rule[] = [
  cidrOverlap,
  cniConflict,
  cniMissing,
  connectivityTestFailed,
  hostNetworkBypassesPolicy,
  ingressBackendMissing,
  ingressBackendPortMissing,
  ipPoolExhausted,
  kindNotModelled,
  kubeProxyMissing,
  manifestDuplicateKey,
  manifestDuplicateObject,
  manifestNotRendered,
  manifestSyntax,
  meshAuthorizationNeedsMtls,
  meshDestinationMissing,
  meshMtlsConflict,
  namespaceLabelsConflict,
  namespaceWithoutDefaultDeny,
  nodePodCidrMissing,
  objectFieldInvalid,
  podIpConflict,
  podNotIsolated,
  podpathConfigInvalid,
  policyDuplicatePriority,
  policyEgressBlocksDns,
  policyFieldInvalid,
  policyHalfDualStack,
  policyIpBlockAny,
  policyIpBlockCoversPods,
  policyIpBlockInvalid,
  policyMetadataEndpointOpen,
  policyNamedPortUnresolved,
  policyNamespaceLabelMissing,
  policyNotEnforced,
  policyOneSided,
  policyPeerMatchesNothing,
  policyPeerSplit,
  policyPortIsServicePort,
  policyPortRangeInvalid,
  policyRuleShadowed,
  policySelectsNoPods,
  policyTypesMissingEgress,
  serviceNoReadyEndpoints,
  serviceNodePortConflict,
  servicePortProtocolMismatch,
  servicePortsInvalid,
  serviceSelectsNoPods,
  serviceTargetPortDiffers,
  serviceTargetPortMissing,
  serviceTargetPortUndeclared,
  statefulsetServiceMissing,
  suppressionUnused,
  userDefinedNetworkInvalid,
  workloadSelectorMismatch,
];
