/** A completed rule that quarantines: the level stands in the decision's record, and holds from there. */
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';

export function quarantineBy({ level, name, whom }: CompiledBehaviour, ev: Evaluation): void {
  // Observing changes nothing.
  if (ev.mode !== 'enforce') return;
  const quarantines = { level, rule: name, ...(whom === 'session' ? {} : { whom }) };
  ev.members = { ...ev.members, quarantines };
}
