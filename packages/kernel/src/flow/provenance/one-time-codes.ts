/**
 * One-time codes: the permitted call that caused one, and the one use of it. A code counts when it came in after such a call, and no
 * code does twice.
 */

import { hashText } from '../text/tokens.ts';
import type { ProvenanceIndex } from './provenance.ts';

const MOST = 64;
/** OneTimeCodes are mistyped and mixed up: one call is good for a few different ones, and each of them for one use. */
const TRIES = 3;

interface Cause {
  readonly action: string;
  /** What came in after this number came in after the call. */
  readonly clock: number;
  /** How many more codes may be tried. */
  tries: number;
}

export class OneTimeCodes {
  #causes: Cause[] = [];
  #used: number[] = [];

  /** A permitted call after which the platform may ask for a code. */
  caused(action: string, clock: number): void {
    this.#causes.push({ action, clock, tries: TRIES });
    if (this.#causes.length > MOST) this.#causes.shift();
  }

  /** Whether this code answers one of these calls, and was not used. */
  answers(index: ProvenanceIndex, value: string, redeems: ReadonlySet<string>): boolean {
    if (this.#used.includes(hashText(value.trim()))) return false;
    return this.#causes.some(
      ({ action, clock }) => redeems.has(action) && index.freshSince(value, clock),
    );
  }

  /** Uses it up: the code, and the newest call that it can have answered. */
  redeem(index: ProvenanceIndex, value: string, redeems: ReadonlySet<string>): void {
    const at = this.#causes.findLastIndex(
      ({ action, clock }) => redeems.has(action) && index.freshSince(value, clock),
    );
    const cause = this.#causes[at];
    if (cause !== undefined && --cause.tries === 0) this.#causes.splice(at, 1);
    this.#used.push(hashText(value.trim()));
    if (this.#used.length > MOST) this.#used.shift();
  }
}
