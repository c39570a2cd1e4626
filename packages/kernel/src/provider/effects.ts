/** What actions do, as their definitions say: what nobody declared may destroy. */
import type { ActionDefinition, Registry } from './types.ts';

export const effectsOf =
  ({ definition }: Registry) =>
  (action: string): ActionDefinition['effect'] =>
    definition(action)?.effect ?? 'destructive';
