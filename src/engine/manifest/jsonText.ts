import { t } from '@vscode/l10n';
import type { JsonValue } from '../model/json.ts';
import type { ManifestProblem } from './manifest.ts';
import type { DocumentSlice } from './splitDocuments.ts';
import { deepestValue, tooDeep } from './treeReader.ts';

/** One JSON value of a text, with its duplicate keys. */
export interface JsonDocument extends DocumentSlice {
  /** Absent where the value nests too deeply. */
  readonly value?: JsonValue;
  readonly problems: readonly ManifestProblem[];
}

/**
 * Reads a text that begins with `{` as JSON values one after the other, as kubectl does. `undefined` where the text is
 * no such stream: it may be YAML then.
 */
export function readJsonText(text: string): readonly JsonDocument[] | undefined {
  const from = text.search(/[^\s\uFEFF]/);
  if (from < 0 || text[from] !== '{') return undefined;
  const documents: JsonDocument[] = [];
  for (let start = from; start < text.length; ) {
    const document = readValue(text, start);
    if (document === undefined) return undefined;
    documents.push(document);
    start = document.end;
    while (/\s/.test(text[start] ?? '')) start++;
  }
  return documents;
}

function readValue(text: string, start: number): JsonDocument | undefined {
  const scanned = scanJson(text, start);
  if (scanned === undefined) return undefined;
  const { end, depth, problems } = scanned;
  if (depth > deepestValue) {
    return { start, end, problems: [{ code: 'manifest-syntax', message: tooDeep(), start, end: start + 1 }] };
  }
  try {
    return { start, end, value: JSON.parse(text.slice(start, end)) as JsonValue, problems };
  } catch {
    return undefined;
  }
}

interface Scanned {
  readonly end: number;
  readonly depth: number;
  readonly problems: readonly ManifestProblem[];
}

/** Finds where the value that starts at `start` ends, and keys that stand twice in one object. */
function scanJson(text: string, start: number): Scanned | undefined {
  const problems: ManifestProblem[] = [];
  const open: (Set<string> | undefined)[] = [];
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isKey(text, end)) noteKey(text, at, end, keys, problems);
      at = end - 1;
    } else if (char === '{') open.push(new Set());
    else if (char === '[') open.push(undefined);
    else if (char === '}' || char === ']') {
      open.pop();
      if (open.length === 0) return { end: at + 1, depth, problems };
    } else if (open.length === 0) return undefined;
    if (open.length > depth) depth = open.length;
  }
  return undefined;
}

/** The offset behind the closing quote of the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (' \n\t\r'.includes(text[at] ?? '-')) at++;
  return text[at] === ':';
}

function noteKey(text: string, start: number, end: number, keys: Set<string>, problems: ManifestProblem[]): void {
  const key = text.slice(start + 1, end - 1);
  if (keys.has(key)) {
    const message = t("Key '{0}' stands twice in this mapping; the last one counts", key);
    problems.push({ code: 'manifest-duplicate-key', message, start, end });
  }
  keys.add(key);
}
