import type { Resource } from '../model/resource.ts';
import type { Recording } from './recording.ts';

/** Something wrong with a file's text. Offsets are UTF-16 code units in the file's text, end exclusive. */
export interface ManifestProblem {
  readonly code: 'manifest-syntax' | 'manifest-duplicate-key' | 'manifest-not-rendered';
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** What one YAML document (or the one JSON document) of a file holds. */
export interface ManifestDocument {
  /** 0-based index in the file; `Origin.document` names it. */
  readonly index: number;
  /** Text range of the document in UTF-16 offsets, without its `---` line. */
  readonly start: number;
  readonly end: number;
  /** Objects with `apiVersion`, `kind` and a name, with `List` kinds expanded; in document order. */
  readonly resources: readonly Resource[];
}

/**
 * What a file is: `manifest` may hold objects; `kustomization` is a kustomization.yaml; `helm-template` is under a
 * chart's templates or holds template directives; `helm-chart`/`helm-values` are Chart.yaml and values files;
 * `podpath` is podpath.yaml; `other` is YAML or JSON that holds no object (never reported).
 */
export type FileRole =
  | 'manifest'
  | 'kustomization'
  | 'helm-template'
  | 'helm-chart'
  | 'helm-values'
  | 'podpath'
  | 'other';

/** One parsed file. Plain data: no syntax tree is kept. */
export interface ManifestFile {
  readonly uri: string;
  readonly role: FileRole;
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly ManifestProblem[];
  /** Present where the file was recorded from a running cluster. */
  readonly recorded?: Recording;
}
