import type { FieldPath } from '../model/resource.ts';

/** A field as people write it: `spec.ports[0].port`. */
export function fieldText(path: FieldPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`))
    .join('');
}
