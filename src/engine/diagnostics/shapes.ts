import { t } from '@vscode/l10n';
import { isObject, type JsonValue } from '../model/json.ts';
import { isPortName } from '../model/ports.ts';
import type { FieldPath } from '../model/resource.ts';

/** What the API server takes for a field. A null counts as absent, and fields that are not named may be anything. */
export type Shape =
  | {
      readonly is: 'text';
      readonly oneOf?: readonly string[];
      readonly fits?: (text: string) => boolean;
      readonly what?: string;
    }
  | { readonly is: 'number'; readonly from: number; readonly to: number }
  /** A port number or the name of a container port. */
  | { readonly is: 'port' }
  | { readonly is: 'list'; readonly of: Shape; readonly isFilled?: true }
  | { readonly is: 'map'; readonly of: Shape }
  | {
      readonly is: 'object';
      readonly fields: Readonly<Record<string, Shape>>;
      readonly required?: readonly string[];
      /** Of these one must be there. */
      readonly anyOf?: readonly string[];
    };

/** A field that is not what it must be. `part` is the key where the value is missing below it. */
export interface Misfit {
  readonly path: FieldPath;
  readonly message: string;
}

/** Every field of a value that does not have its shape, the outermost of each branch. */
export function* misfits(shape: Shape, value: JsonValue | undefined, path: FieldPath): Generator<Misfit> {
  const wanted = wantedText(shape, value);
  if (wanted !== undefined) {
    yield { path, message: t('{0} is {1}, and must be {2}', String(path.at(-1)), shown(value), wanted) };
    return;
  }
  if (shape.is === 'list' && Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* misfits(shape.of, one as JsonValue, [...path, index]);
  } else if (shape.is === 'map' && isObject(value)) {
    for (const [key, one] of Object.entries(value)) yield* misfits(shape.of, one, [...path, key]);
  } else if (shape.is === 'object' && isObject(value)) {
    const isAbsent = (name: string): boolean => value[name] === undefined || value[name] === null || value[name] === '';
    for (const name of (shape.required ?? []).filter(isAbsent)) {
      yield { path, message: t('{0} needs {1}', String(path.at(-1)), name) };
    }
    if (shape.anyOf?.every(isAbsent)) {
      yield { path, message: t('{0} needs {1}', String(path.at(-1)), shape.anyOf.join(' | ')) };
    }
    for (const [name, inner] of Object.entries(shape.fields)) {
      const one = value[name];
      if (one !== undefined && one !== null) yield* misfits(inner, one, [...path, name]);
    }
  }
}

/** What a value would have to be; `undefined` where it is. */
function wantedText(shape: Shape, value: JsonValue | undefined): string | undefined {
  switch (shape.is) {
    case 'text':
      return wantedOfText(shape, value);
    case 'number': {
      const { from, to } = shape;
      const isInside = typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
      return isInside ? undefined : t('a number from {0} to {1}', from, to);
    }
    case 'port': {
      const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
      // A number in quotes is a name that no port can have, which its own rule tells with a fix.
      const isName = typeof value === 'string' && (value === '' || isPortName(value) || /^\d+$/.test(value));
      return isNumber || isName ? undefined : t('a number from 1 to 65535 or the name of a port');
    }
    case 'list':
      if (!Array.isArray(value)) return t('a list');
      return shape.isFilled === true && value.length === 0 ? t('a list with at least one item') : undefined;
    case 'map':
    case 'object':
      return isObject(value) ? undefined : t('an object');
    default:
      return shape satisfies never;
  }
}

function wantedOfText(
  { oneOf, fits, what }: Extract<Shape, { readonly is: 'text' }>,
  value: JsonValue | undefined,
): string | undefined {
  if (oneOf !== undefined) {
    return typeof value === 'string' && oneOf.includes(value)
      ? undefined
      : oneOf.filter((one) => one !== '').join(', ');
  }
  const isGood = typeof value === 'string' && (fits === undefined || fits(value));
  return isGood ? undefined : t(what ?? 'a text');
}

function shown(value: JsonValue | undefined): string {
  const text = value === undefined ? t('absent') : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
