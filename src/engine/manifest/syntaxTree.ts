import { type Document, parseDocument } from 'yaml';
import { indentContinuations } from './reindent.ts';
import type { DocumentSlice } from './splitDocuments.ts';

/** A document's syntax tree with a way back to the file's offsets. */
export interface SyntaxTree {
  readonly document: Document.Parsed | Document;
  /** The text that the tree was parsed from; its offsets are those of the tree. */
  readonly text: string;
  /** True where the document lacks a last newline. */
  readonly unterminated: boolean;
  /** Offset in the file for an offset in the tree. */
  fileOffset(offset: number): number;
}

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
  const document = parseDocument(own, yamlOptions);
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
  const again = parseDocument(mended.text, yamlOptions);
  if (again.errors.length >= document.errors.length) return direct;
  const fileOffset = (offset: number): number => slice.start + mended.originalOffset(offset);
  return { document: again, text: mended.text, unterminated, fileOffset };
}
