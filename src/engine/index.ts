/**
 * The engine's door: the only file that other layers import. What passes through it is plain, readonly data, or a
 * function of such data; nothing here does I/O or throws on user input.
 */

export { Analysis, AnalysisHost, type AnalysisSettings, type Change } from './analysis/analysis.ts';
export type * from './analysis/answers.ts';
export { readAssumption, readAssumptions } from './analysis/assumptions.ts';
export { type ClusterObjects, clusterScheme, clusterUri, readClusterUri } from './analysis/clusters.ts';
export { Derived } from './analysis/derived.ts';
export { findings } from './analysis/findings.ts';
export { type NetworkView, networkConnectivity, networkViews } from './analysis/networks.ts';
export type { ScopeAnalysis } from './analysis/scopeAnalysis.ts';
export { runTests, type TestResult } from './analysis/tests.ts';
export { type Assertion, checkAssertion, readAssertion } from './connectivity/assertions.ts';
export type { ConnectivityEnd } from './connectivity/classes.ts';
export {
  type ChangedConnection,
  type ConnectivityDiff,
  diffConnectivity,
  isSameConnectivity,
} from './connectivity/diff.ts';
export { type ExplainedPorts, explainPair } from './connectivity/explain.ts';
export { type DirectionExposure, type Exposure, exposure } from './connectivity/exposure.ts';
export { endFilter } from './connectivity/filter.ts';
export {
  type Connection,
  type Connectivity,
  type ConnectivityRows,
  connectivity,
  connectivityRows,
} from './connectivity/list.ts';
export { ConnectivityMatrix, finish } from './connectivity/matrix.ts';
export { Reachability } from './connectivity/reachability.ts';
export { mostPeers, type Suggestion, suggestPolicies } from './connectivity/suggest.ts';
export { presentConnections, type Wanted, wantedByAssertions } from './connectivity/wanted.ts';
export type { Severity } from './diagnostics/rule.ts';
export { rules } from './diagnostics/rules.ts';
export type { ManifestFile } from './manifest/manifest.ts';
export { parseManifest, readDocuments } from './manifest/parse.ts';
export { recordingText } from './manifest/recording.ts';
export { injectRequired, readInjector } from './mesh/injection.ts';
export { formatIp, parseCidr, parseIp } from './model/addresses.ts';
export type { AssumptionSettings } from './model/assumptions.ts';
export { buildSnapshot } from './model/build.ts';
export type { ClusterNode, Pod, Protocol, Service, ServicePort, Workload } from './model/cluster.ts';
export type { JsonObject, JsonValue } from './model/json.ts';
export { formatSelector, type LabelSelector, selectsAll } from './model/labels.ts';
export { layered } from './model/layer.ts';
export { sameList } from './model/lists.ts';
export { type LiveKind, liveKinds, liveResource } from './model/live.ts';
export { byNamespaceAndName, placeOf } from './model/nameIndex.ts';
export { formatPortRanges, type PortRange } from './model/ports.ts';
export {
  type Evidence,
  type Location,
  type Resource,
  type ResourceRef,
  refKey,
  refLabel,
  type TextPosition,
  type TextRange,
} from './model/resource.ts';
export { sameJson } from './model/sameJson.ts';
export type { Snapshot } from './model/snapshot.ts';
export { type UnreadKind, unreadSentences } from './model/unread.ts';
export { decide, judge } from './policy/evaluate.ts';
export { mtlsScopes } from './policy/istioPeerAuthentication.ts';
export { compilePolicies } from './policy/kinds.ts';
export type { PodSet, PolicyDecision, PolicyEnd, Verdict } from './policy/policy.ts';
export { PolicySet } from './policy/policySet.ts';
export { categorize, type ProxyEndpoint } from './proxy/categorize.ts';
export { endpointChain, nftEndpointChain, nftServiceChains, probabilityText, serviceChains } from './proxy/chains.ts';
export { joinHostPort, translate } from './proxy/iptables.ts';
export type { ProxyConfig, Translation } from './proxy/proxy.ts';
export { isProxied, proxyServices } from './proxy/services.ts';
export { drift } from './queries/drift.ts';
export { type Explanation, explainEnds } from './queries/explain.ts';
export { mostArrows, wholeGraph } from './queries/graph.ts';
export { type Queries, query } from './queries/query.ts';
export { traceFlow } from './queries/trace.ts';
export { connectivityCsv, connectivityDot, connectivityMermaid, connectivityText } from './render/connectivityText.ts';
export { causes, diffMarkdown, diffMermaid, diffSummary, diffText, portsChange } from './render/diffText.ts';
export { graphDot } from './render/dot.ts';
export { explainText } from './render/explainText.ts';
export { exposureText } from './render/exposureText.ts';
export { graphMermaid } from './render/mermaid.ts';
export { plainLines } from './render/plain.ts';
export { endpointsTable } from './render/table.ts';
export { traceText } from './render/traceAnswer.ts';
export { yamlText } from './render/yaml.ts';
export { externalRoutes, matchIngress } from './route/ingress.ts';
export { answerDns, type DnsRecord } from './service/dns.ts';
export type { ServiceEndpoints } from './service/endpoint.ts';
export { resolveEndpoints } from './service/endpoints.ts';
export { type KubeletDns, resolvConf, searchOrder } from './service/resolver.ts';
export {
  endpointPorts,
  findPort,
  podToEndpoint,
  shouldPodBeInEndpoints,
  shouldSetHostname,
  sliceLabels,
  supportedAddressTypes,
  topologyAnnotationEnabled,
  trafficDistributionHints,
} from './service/slices.ts';
export { formatFlowEnd, isProblem, parseEnd } from './trace/ends.ts';
export type * from './trace/flow.ts';
export type { Branch, Disposition, FlowProblem, Hop, Step } from './trace/flow.ts';
export { trace } from './trace/trace.ts';
export {
  judgeProbe,
  type Observation,
  type ProbeCheck,
  type ProbeVerdict,
  type StepMark,
  type VerifyAnswer,
} from './verify/judge.ts';
export type { ProbePlan, ProbeProblem, ProbeQuestion } from './verify/plan.ts';
export { type ProbeCommand, type ProbeReading, type ProbeRun, readConnect, readLookup } from './verify/tools.ts';
