import { LineIndex } from '../manifest/lineIndex.ts';
import { FieldLocator } from '../manifest/locate.ts';
import type { ManifestFile } from '../manifest/manifest.ts';
import { parseManifest, readDocuments } from '../manifest/parse.ts';
import { arrayAt, isObject, type JsonValue, stringAt, stringsAt } from '../model/json.ts';
import type { TextRange } from '../model/resource.ts';

/** One file as the host keeps it: its text, what was read of it, and on demand where its fields stand. */
export class SourceFile {
  readonly uri: string;
  readonly text: string;
  readonly manifest: ManifestFile;
  #locator: FieldLocator | undefined;
  #lines: LineIndex | undefined;

  constructor(uri: string, text: string, previous?: SourceFile) {
    this.uri = uri;
    this.text = text;
    const parsed = parseManifest(text, uri);
    this.manifest = previous === undefined ? parsed : keepUnchanged(parsed, text, previous);
  }

  get locator(): FieldLocator {
    this.#locator ??= new FieldLocator(this.text);
    return this.#locator;
  }

  get lines(): LineIndex {
    this.#lines ??= new LineIndex(this.text);
    return this.#lines;
  }

  range(start: number, end: number): TextRange {
    return this.lines.range(start, end);
  }
}

/**
 * Objects of a document whose text did not change stay the same objects, so that everything that was computed from
 * them stays valid.
 */
function keepUnchanged(parsed: ManifestFile, text: string, previous: SourceFile): ManifestFile {
  const documents = parsed.documents.map((document) => {
    const old = previous.manifest.documents[document.index];
    const same =
      old !== undefined && text.slice(document.start, document.end) === previous.text.slice(old.start, old.end);
    return same ? { ...document, resources: old.resources } : document;
  });
  return { ...parsed, documents };
}

/** Paths that a kustomization names: resources, bases, components, patches and the files of its generators. */
export function kustomizationNames(file: SourceFile): readonly string[] {
  if (file.manifest.role !== 'kustomization') return [];
  return readDocuments(file.text).flatMap(({ value }) => namesOf(value));
}

function namesOf(value: JsonValue | undefined): readonly string[] {
  const lists = [
    'resources',
    'bases',
    'components',
    'crds',
    'configurations',
    'generators',
    'transformers',
    'validators',
    'patchesStrategicMerge',
  ];
  const patches = ['patches', 'patchesJson6902', 'replacements'].flatMap((key) =>
    arrayAt(value, key).flatMap((one) => (isObject(one) ? (stringAt(one, 'path') ?? []) : [])),
  );
  const generated = ['configMapGenerator', 'secretGenerator'].flatMap((key) =>
    arrayAt(value, key).flatMap((one) =>
      [...stringsAt(one, 'files'), ...stringsAt(one, 'envs')].map((entry) => entry.replace(/^[^=]*=/, '')),
    ),
  );
  const charts = arrayAt(value, 'helmCharts').flatMap((one) =>
    [stringAt(one, 'valuesFile') ?? [], ...stringsAt(one, 'additionalValuesFiles')].flat(),
  );
  const schema = [stringAt(value, 'openapi', 'path') ?? []].flat();
  const listed = lists.flatMap((key) => stringsAt(value, key));
  return [...listed, ...patches, ...generated, ...charts, ...schema].filter(
    (name) => !name.includes('\n') && !/^[a-z+]+:\/\//.test(name),
  );
}
