/**
 * The permit inside the process: an object that only its office can make, for exactly one action, used up at once. Whoever holds no permit of this
 * office executes nothing; an object that looks like one is not one.
 *
 * INVARIANT: `mint` reaches nobody but the permit stage, `consume` nobody but the executor; kernel.ts hands them out.
 */
import type { Action } from '../action/types.ts';

declare const permitBrand: unique symbol;

/** Opaque: its holder can only hand it on. */
export interface Permit {
  readonly [permitBrand]: true;
}

interface Terms {
  readonly action: Action;
  readonly expires: number;
}

export interface PermitOffice {
  mint(action: Action, expires: number): Permit;
  /** The action permitted, once; undefined for a forged, used or expired permit, or one for another digest. */
  consume(permit: Permit, digest: string, now: number): Action | undefined;
}

export function openPermitOffice(): PermitOffice {
  const issued = new WeakMap<object, Terms>();
  return Object.freeze({
    mint(action: Action, expires: number): Permit {
      const permit = Object.freeze(Object.create(null)) as Permit;
      issued.set(permit, { action, expires });
      return permit;
    },
    consume(permit: Permit, digest: string, now: number): Action | undefined {
      const terms = issued.get(permit);
      if (terms === undefined) return undefined;
      issued.delete(permit);
      return terms.action.digest === digest && now <= terms.expires ? terms.action : undefined;
    },
  });
}
