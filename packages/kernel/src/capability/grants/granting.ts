/** What `grant` and its neighbours work with: the parts of one kernel that grants are made of. */
import type { GrantChecks } from '../guard.ts';
import type { GrantLimits } from './terms.ts';

export interface Granting extends GrantChecks {
  readonly limits: GrantLimits;
}
