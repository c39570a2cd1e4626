/** What `grant` and its neighbours work with: the parts of one kernel that grants are made of. */
import type { Evaluation, Guard } from '../../gate/guard.ts';
import type { SessionState } from '../../session/state.ts';
import type { GrantChecks } from '../guard.ts';
import type { GrantLimits } from './terms.ts';

export interface Granting extends GrantChecks {
  readonly limits: GrantLimits;
  /** The session stage: who may not act gets no grant. */
  readonly session: Guard;
  readonly sessionOf: (ev: Evaluation, id: string | undefined) => SessionState | undefined;
}
