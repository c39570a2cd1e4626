/** What actions do, as their definitions say: what nobody declared may destroy. */
import type { EffectOf } from './guard.ts';

interface Defined {
  definition(action: string): { readonly effect: ReturnType<EffectOf> } | undefined;
}

export const effectsOf =
  (defined: Defined): EffectOf =>
  (action) =>
    defined.definition(action)?.effect ?? 'destructive';
