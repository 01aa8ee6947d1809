import type { Derived } from '../analysis/derived.ts';
import { assumptionsOf } from './assumed.ts';
import type { Branch, Disposition, Flow, Trace } from './flow.ts';

/** Puts branches together: their shared disposition, and what the answer rests on. */
export function assemble(derived: Derived, flow: Flow, branches: readonly Branch[], port: number): Trace {
  const kinds = [...new Set(branches.map((one) => one.disposition))];
  const disposition: Disposition = kinds.length === 1 && kinds[0] !== undefined ? kinds[0] : 'mixed';
  return {
    flow,
    port,
    scope: derived.snapshot.scope,
    environment: { cni: derived.cni, proxy: derived.proxy, enforces: derived.environment.enforces },
    branches,
    disposition,
    assumptions: assumptionsOf(derived, branches),
  };
}
