/**
 * The order of the gate, readable in one place. A guard is a folder of its own and one line here. A stage that nobody fills
 * passes everything, but what a rule demands of it is refused where demands are settled.
 */
import type { Guard } from './guard.ts';

export const ORDER = [
  'admission', // well-formed, within size and depth; canonicalised and digested
  'session', // alive, not quarantined beyond what is asked
  'invariants', // hard caps that no policy lifts
  'capability', // the grant presented covers this action
  'policy', // the rules, default deny
  'flow', // labels of the arguments against what the sink may receive
  'behaviour', // the sequence of this session and of its neighbours
  'judge', // tiers, only where a rule demands them
  'approval', // settles the demands left
  'budget', // rates and budgets: one atomic reserve
  'permit', // makes the permit
] as const;

export type Stage = (typeof ORDER)[number];

/** A modified action is judged again from here. */
export const REJUDGE_FROM: Stage = 'invariants';

/** The guards that are there, in the order of the gate. */
export function arrange(guards: Partial<Record<Stage, Guard>>): readonly Guard[] {
  return Object.freeze(
    ORDER.flatMap((stage) => {
      const guard = guards[stage];
      if (guard === undefined) return [];
      if (guard.name !== stage) throw new Error(`guard ${guard.name} stands in for ${stage}`);
      return [guard];
    }),
  );
}
