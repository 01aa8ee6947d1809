import {
  isObject,
  isTrueAt,
  type JsonObject,
  type JsonValue,
  stringAt,
  stringMapAt,
  stringsAt,
} from '../model/json.ts';
import type { Resource } from '../model/resource.ts';
import type { UnreadKind } from '../model/unread.ts';

/** What a file says of itself that was recorded from a running cluster (`podpath snapshot`). */
export interface Recording {
  readonly context: string;
  /** What could not be read then, each a sentence. */
  readonly missing: readonly string[];
  readonly unread: readonly UnreadKind[];
}

const contextKey = 'podpath.dev/snapshot';
const missingKey = 'podpath.dev/missing';
const unreadKey = 'podpath.dev/unread';
/** Objects a list: a reader never has to hold a text of many megabytes as one value. */
const chunk = 200;

/**
 * A running cluster as a stream of JSON lists, which `kubectl` and Podpath read as a manifest: what the engine keeps of each
 * object, without Secrets, environment values and managed fields. Replayed it gives the answers of then.
 */
export function recordingText({ context, missing, unread }: Recording, resources: readonly Resource[]): string {
  const parts: string[] = [];
  for (let first = 0; first === 0 || first < resources.length; first += chunk) {
    const items = resources.slice(first, first + chunk).map(({ object }) => object);
    const annotations = {
      [contextKey]: context,
      ...(missing.length === 0 ? {} : { [missingKey]: JSON.stringify(missing) }),
      ...(unread.length === 0 ? {} : { [unreadKey]: JSON.stringify(unread) }),
    };
    parts.push(JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { annotations }, items }));
  }
  return `${parts.join('\n')}\n`;
}

/** What a document says of itself; `undefined` for every document that was not recorded. */
export function recordingOf(value: JsonValue | undefined): Recording | undefined {
  if (!isObject(value) || stringAt(value, 'kind') !== 'List') return undefined;
  const annotations = stringMapAt(value as JsonObject, 'metadata', 'annotations');
  const context = annotations[contextKey];
  if (context === undefined) return undefined;
  const missing = listIn(annotations[missingKey]).filter((one) => typeof one === 'string');
  return { context, missing, unread: listIn(annotations[unreadKey]).flatMap((one) => readUnread(one) ?? []) };
}

/** The list that a text holds as JSON; empty for any other text, for somebody may have written it by hand. */
function listIn(text: string | undefined): readonly JsonValue[] {
  try {
    const value = JSON.parse(text ?? '[]') as JsonValue;
    return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  } catch {
    return [];
  }
}

function readUnread(value: JsonValue): UnreadKind | undefined {
  const [group, kind, plural] = ['group', 'kind', 'plural'].map((key) => stringAt(value, key));
  if (group === undefined || kind === undefined || plural === undefined) return undefined;
  return { group, kind, plural, namespaced: isTrueAt(value, 'namespaced'), readIn: stringsAt(value, 'readIn') };
}
