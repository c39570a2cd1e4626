/**
 * Proof of possession: a token may name a key, and then who shows it signs each request with that key. After RFC 9449 (DPoP), made as small as one
 * kernel needs: `<milliseconds>.<nonce>.<signature>`, the Ed25519 signature over `portcullis/proof/v1\0<milliseconds>.<nonce>.<hex SHA-256 of the
 * RFC 8785 text of the request without proof and stream>`. A proof is good for a minute around its time, once.
 */
import { hash, type KeyObject } from 'node:crypto';
import { verifyEd25519 } from '../../crypto/ed25519.ts';

const PROOF = /^(\d{1,15})\.([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{86})$/;
const DOMAIN = 'portcullis/proof/v1\0';
/** Milliseconds that a proof's time may be off. */
const WINDOW = 60_000;
/** Proofs remembered, in all and of one principal: more within two windows are refused. Nobody who proves much keeps others from it. */
const MOST = 100_000;
const MOST_OF_ONE = 10_000;

/** A proof that held: its own time, in milliseconds. */
interface Proven {
  readonly at: number;
}

export class Proofs {
  readonly #after: number;
  /** By nonce, with the time after which nobody needs it. Times nearly ascend, for none is far from the clock. */
  readonly #seen = new Map<string, { readonly until: number; readonly who: string }>();
  readonly #of = new Map<string, number>();

  /**
   * A proof from before the start is refused, for nobody knows any more whether it was used; nor from no later than `used`, the latest time of one
   * that was: some clocks go ahead of ours. What is beyond the window is from before ours was set back, and out of reach.
   */
  constructor(started: number, used = 0) {
    this.#after = used > started + WINDOW ? started - 1 : Math.max(started - 1, used);
  }

  /** What is wrong, for an auditor; or that it holds for this text, and then never again. `who`: whose room it takes. */
  check(
    proof: string,
    keys: readonly KeyObject[],
    body: string,
    now: number,
    who: string,
  ): string | Proven {
    const parts = PROOF.exec(proof);
    if (parts === null) return 'not the form of a proof';
    const [, time, nonce, encoded] = parts as unknown as [string, string, string, string];
    const at = Number(time);
    if (Math.abs(now - at) > WINDOW || at <= this.#after) return 'of another time';
    const signature = Buffer.from(encoded, 'base64url');
    const message = Buffer.from(`${DOMAIN}${time}.${nonce}.${hash('sha256', body, 'hex')}`);
    if (!keys.every((key) => verifyEd25519(key, message, signature)))
      return 'not signed by the key';
    this.#forget(now);
    if (this.#seen.has(nonce)) return 'used before';
    const held = this.#of.get(who) ?? 0;
    if (this.#seen.size >= MOST || held >= MOST_OF_ONE) return 'more proofs than are remembered';
    this.#seen.set(nonce, { until: at + WINDOW, who });
    this.#of.set(who, held + 1);
    return { at };
  }

  #forget(now: number): void {
    for (const [nonce, { until, who }] of this.#seen) {
      if (until >= now) return;
      this.#seen.delete(nonce);
      const held = this.#of.get(who) ?? 0;
      if (held > 1) this.#of.set(who, held - 1);
      else this.#of.delete(who);
    }
  }
}
