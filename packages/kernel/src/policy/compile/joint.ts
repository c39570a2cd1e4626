/** How steps of a rule over several sessions are joined: what each has to have in common with the step before, and in what it differs. */

import { type Pointer, parsePointer } from '../../action/json/pointer.ts';
import type { BehaviourStep } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { sure } from './sure.ts';

export type Joint =
  | { readonly kind: 'principal' | 'resource' | 'destination' }
  | { readonly kind: 'param'; readonly pointer: Pointer };

const PRINCIPAL: Joint = Object.freeze({ kind: 'principal' });

/** Rules over the sessions of one principal join every step by it. */
export function jointsOf(
  { same }: BehaviourStep,
  across: 'sessions' | 'principals',
): readonly Joint[] {
  const said = many(same).map(
    (text): Joint =>
      text === 'principal' || text === 'resource' || text === 'destination'
        ? { kind: text }
        : { kind: 'param', pointer: sure(parsePointer(text)) },
  );
  if (across === 'principals' || said.some(({ kind }) => kind === 'principal')) return said;
  return [PRINCIPAL, ...said];
}
