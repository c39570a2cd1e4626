/**
 * What the answers that are kept for the idempotency keys of one principal take in the vault, which all share: the oldest goes for a new one, and is
 * then told without what it showed. It is counted from the start of the process on; what was kept before goes with its time.
 */
import { REMEMBER_FOR } from './idempotency.ts';

interface Kept {
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

interface Own {
  bytes: number;
  /** Of the newest. */
  until: number;
  /** By name in the vault, the oldest first. */
  readonly kept: Map<string, Kept>;
}

export class AnswerRoom {
  readonly #each: number;
  /** By principal, that which kept nothing for longest first. */
  readonly #of = new Map<string, Own>();

  /** `each`: bytes of one principal's answers. */
  constructor(each: number) {
    this.#each = each;
  }

  /** Whether an answer of this size is kept at all. */
  takes(bytes: number): boolean {
    return bytes <= this.#each;
  }

  /** Takes it up; answers the names of those that go for it. */
  keep(who: string, name: string, bytes: number, now: number): readonly string[] {
    const own = this.#of.get(who) ?? { bytes: 0, until: 0, kept: new Map() };
    this.#of.delete(who);
    this.#forgetIdle(now);
    this.#of.set(who, own);
    own.until = now + REMEMBER_FOR;
    own.kept.set(name, { bytes, until: own.until });
    own.bytes += bytes;
    const going: string[] = [];
    for (const [oldest, { bytes: its, until }] of own.kept) {
      if (own.bytes <= this.#each && until > now) break;
      own.kept.delete(oldest);
      own.bytes -= its;
      going.push(oldest);
    }
    return going;
  }

  #forgetIdle(now: number): void {
    for (const [who, { until }] of this.#of) {
      if (until > now) return;
      this.#of.delete(who);
    }
  }
}
