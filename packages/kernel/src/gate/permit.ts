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

/** What a permit is inside: no other object has these members, whatever it looks like. */
class Ticket {
  readonly #office: object;
  readonly #action: Action;
  readonly #expires: number;
  #used = false;

  constructor(office: object, action: Action, expires: number) {
    this.#office = office;
    this.#action = action;
    this.#expires = expires;
    Object.freeze(this);
  }

  static use(permit: unknown, office: object, digest: string, now: number): Action | undefined {
    if (
      typeof permit !== 'object' ||
      permit === null ||
      !(#office in permit) ||
      permit.#office !== office ||
      permit.#used
    )
      return undefined;
    permit.#used = true;
    return permit.#action.digest === digest && now <= permit.#expires ? permit.#action : undefined;
  }
}

// Whoever holds a permit holds no way to the class that makes them.
Reflect.deleteProperty(Ticket.prototype, 'constructor');
Object.freeze(Ticket.prototype);

export interface PermitOffice {
  mint(action: Action, expires: number): Permit;
  /** The action permitted, once; undefined for a forged, used or expired permit, or one for another digest. */
  consume(permit: Permit, digest: string, now: number): Action | undefined;
}

export function openPermitOffice(): PermitOffice {
  const office: PermitOffice = Object.freeze({
    mint: (action: Action, expires: number): Permit =>
      new Ticket(office, action, expires) as unknown as Permit,
    consume: (permit: Permit, digest: string, now: number): Action | undefined =>
      Ticket.use(permit, office, digest, now),
  });
  return office;
}
