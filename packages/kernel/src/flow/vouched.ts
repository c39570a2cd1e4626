/**
 * Values that somebody vouched for, or called public, in a session: kept while it is open, over restarts too. Records hold commitments;
 * the texts lie in the vault, and one that is not there any more counts for nothing.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { Fold } from '../state/fold.ts';

export type VouchedAs = 'endorse' | 'declassify';

interface Voucher {
  readonly tenant: string;
  readonly as: VouchedAs;
  /** The vault's name of the value. */
  readonly kept: string;
}

/** Of one session, and sessions that have any: the oldest go. */
const MOST_EACH = 256;
const MOST = 10_000;

export class Vouched implements Fold {
  readonly name = 'vouched';
  readonly #sessions = new Map<string, Voucher[]>();
  readonly #texts = new Map<string, string>();
  /** Told what nothing names any more. */
  #dropped: (voucher: Voucher) => void = () => {};

  onDropped(tell: (voucher: Voucher) => void): void {
    this.#dropped = tell;
  }

  add(session: string, voucher: Voucher): void {
    const all = this.#sessions.get(session) ?? [];
    all.push(voucher);
    if (all.length > MOST_EACH) this.#drop(all.splice(0, 1));
    this.#sessions.set(session, all);
    if (this.#sessions.size <= MOST) return;
    for (const oldest of this.#sessions.keys()) {
      this.close(oldest);
      return;
    }
  }

  /** What it is, once its record is there for good: it counts from now on. */
  tell(voucher: Voucher, text: string): void {
    this.#texts.set(textKey(voucher), text);
  }

  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** What is vouched for in this session, in order. */
  *of(session: string): Generator<readonly [VouchedAs, string]> {
    for (const voucher of this.#sessions.get(session) ?? []) {
      const text = this.#texts.get(textKey(voucher));
      if (text !== undefined) yield [voucher.as, text];
    }
  }

  close(session: string): void {
    const all = this.#sessions.get(session);
    if (all === undefined) return;
    this.#sessions.delete(session);
    this.#drop(all);
  }

  #drop(vouchers: readonly Voucher[]): void {
    for (const voucher of vouchers) {
      const key = textKey(voucher);
      const named = [...this.#sessions.values()].some((all) =>
        all.some((other) => textKey(other) === key),
      );
      if (named) continue;
      this.#texts.delete(key);
      this.#dropped(voucher);
    }
  }

  /** After a restart: the texts, as far as they are still there. */
  async recall(read: (tenant: string, name: string) => Promise<string | undefined>): Promise<void> {
    for (const all of this.#sessions.values())
      for (const voucher of all) {
        const text = await read(voucher.tenant, voucher.kept);
        if (text !== undefined) this.#texts.set(textKey(voucher), text);
      }
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind !== 'state') return;
    const session = record.session as string;
    const { tenant, kept } = record;
    if (record.event === 'session.closed') this.close(session);
    else if (typeof kept !== 'string') return;
    else if (record.event === 'session.endorsed')
      this.add(session, { tenant, as: 'endorse', kept });
    else if (record.event === 'session.declassified')
      this.add(session, { tenant, as: 'declassify', kept });
  }

  save(): Json {
    return [...this.#sessions].map(([session, all]) => [
      session,
      all.map(({ tenant, as, kept }) => [tenant, as, kept]),
    ]);
  }

  load(json: Json): void {
    this.#sessions.clear();
    this.#texts.clear();
    for (const [session, all] of json as [string, [string, VouchedAs, string][]][])
      this.#sessions.set(
        session,
        all.map(([tenant, as, kept]) => ({ tenant, as, kept })),
      );
  }
}

const textKey = ({ tenant, kept }: Voucher): string => JSON.stringify([tenant, kept]);
