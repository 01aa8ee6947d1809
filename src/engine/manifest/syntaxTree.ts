import { Document, parseDocument, YAMLParseError } from 'yaml';
import { indentContinuations } from './reindent.ts';
import type { DocumentSlice } from './splitDocuments.ts';

/** A document's syntax tree with a way back to the file's offsets. */
export interface SyntaxTree {
  readonly document: Document;
  /** The text that the tree was parsed from; its offsets are those of the tree. */
  readonly text: string;
  /** True where the document lacks a last newline. */
  readonly unterminated: boolean;
  /** Offset in the file for an offset in the tree. */
  fileOffset(offset: number): number;
}

/**
 * Longest text worth a syntax tree: one takes a second or two for it, and 100 MB for 5 MB of text. Longer ones are
 * read only if they need none.
 */
export const longestTree = 1_000_000;

const yamlOptions = {
  schema: 'failsafe',
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
  version: '1.1',
} as const;

/** A carriage return alone, next line, line separator, paragraph separator. */
const otherBreaks = /\r(?!\n)|[\x85\u2028\u2029]/g;

/** The syntax tree of one document, after mending the indentation that only npm `yaml` minds. */
export function parseTree(text: string, slice: DocumentSlice): SyntaxTree {
  // go-yaml ends lines at these too; the length stays, so that offsets do.
  const own = text.slice(slice.start, slice.end).replaceAll(otherBreaks, '\n');
  const document = parseSafely(own);
  const unterminated = !own.endsWith('\n');
  const direct: SyntaxTree = {
    document,
    text: own,
    unterminated,
    fileOffset: (offset) => slice.start + Math.min(offset, own.length),
  };
  if (!document.errors.some(({ code }) => code === 'BAD_INDENT' || code === 'MISSING_CHAR')) return direct;
  const mended = indentContinuations(own);
  if (mended === undefined) return direct;
  const again = parseSafely(mended.text);
  if (again.errors.length >= document.errors.length) return direct;
  const fileOffset = (offset: number): number => slice.start + mended.originalOffset(offset);
  return { document: again, text: mended.text, unterminated, fileOffset };
}

/** npm `yaml` overflows the stack on deep nesting, and says so only in some places. */
function parseSafely(text: string): Document {
  try {
    return parseDocument(text, yamlOptions);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const document = new Document(null, yamlOptions);
    document.errors.push(new YAMLParseError([0, Math.min(1, text.length)], 'RESOURCE_EXHAUSTION', 'call stack'));
    return document;
  }
}
