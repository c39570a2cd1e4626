/**
 * What has been taken of each budget: exact sliding windows, or sums for good. What is known before an action runs is taken at once, all of it or
 * nothing; the rest is added when its outcome is known, so that a budget can end below zero by what was running then. Nothing is given back for a clock
 * that is set back, and an unknown outcome stays spent.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import { timeOf } from '../record/time.ts';
import type { Fold } from '../state/fold.ts';
import { SpendWindow } from './spend-window.ts';

/** What one action takes of one budget: see policy/compile/budget.ts. */
export interface Spend {
  /** Money is counted in millionths, time in milliseconds. */
  readonly of: 'calls' | 'money' | 'bytes' | 'time' | 'tokens';
  readonly key: string;
  readonly max: number;
  /** Milliseconds; 0 for good. */
  readonly window: number;
  readonly amount: number;
}

/** What came of an action, as far as budgets count it. */
export interface Spent {
  readonly bytes?: number | undefined;
  /** Milliseconds. */
  readonly time?: number | undefined;
  readonly tokens?: number | undefined;
}

interface Account {
  /** The longest asked for; 0 for good. */
  window: number;
  readonly spent: SpendWindow;
  /** What was spent for good. */
  sum: number;
}

export interface Full {
  /** Index of the first budget that has no room. */
  readonly full: number;
  /** Milliseconds until all have; infinite where one never will. */
  readonly wait: number;
}

const SWEPT_PER_USE = 2;

export class Ledger implements Fold {
  readonly name = 'budgets';
  readonly #accounts = new Map<string, Account>();
  /** Actions under way, with what is known of their cost only afterwards. */
  readonly #open = new Map<string, readonly Spend[]>();
  #sweep: Iterator<[string, Account]> | undefined = undefined;

  used(key: string, window: number, now: number): number {
    if (!this.#accounts.has(key)) return 0;
    const account = this.#account(key, window);
    if (window === 0) return account.sum + account.spent.sumAfter(Number.NEGATIVE_INFINITY);
    account.spent.drop(now, account.window);
    return account.spent.sumAfter(now - window);
  }

  /** Accounts whose key goes on from this array text. */
  keysOf(prefix: string): string[] {
    const start = prefix.slice(0, -1);
    return [...this.#accounts.keys()].filter(
      (key) => key === prefix || key.startsWith(`${start},`),
    );
  }

  /** Takes what is known of every budget, or nothing of any. */
  take(spends: readonly Spend[], now: number): Full | { release(): void } {
    const wanted = new Map<string, number>();
    for (const [index, { key, max, window, amount }] of spends.entries()) {
      const more = (wanted.get(key) ?? 0) + amount;
      wanted.set(key, more);
      const used = this.used(key, window, now);
      const full = amount === 0 ? used >= max : used + more > max;
      if (full) return { full: index, wait: this.#longestWait(spends, now) };
    }
    for (const spend of spends) this.#add(spend, spend.amount, now);
    this.#sweepSome(now);
    let kept = true;
    return {
      release: () => {
        if (!kept) return;
        kept = false;
        for (const spend of spends) this.#giveBack(spend, now);
      },
    };
  }

  /** An action began that pays when it is done. */
  began(id: string, spends: readonly Spend[]): void {
    const later = spends.filter(({ of }) => of !== 'calls' && of !== 'money');
    if (later.length > 0) this.#open.set(id, later);
  }

  settle(id: string, spent: Spent, at: number): void {
    const spends = this.#open.get(id);
    if (spends === undefined) return;
    this.#open.delete(id);
    for (const spend of spends) {
      const amount = Math.ceil(spent[spend.of as keyof Spent] ?? 0);
      if (!(amount > 0)) continue;
      // It began under a policy that may be another by now.
      const { key, window } = spend;
      this.#add({ key, window: this.#accounts.get(key)?.window ?? window }, amount, at);
    }
  }

  #add({ key, window }: Pick<Spend, 'key' | 'window'>, amount: number, at: number): void {
    const account = this.#account(key, window);
    if (window === 0) account.sum += amount;
    else account.spent.add(at, amount);
  }

  /** A policy may give a budget of the same name another window: from then on that is what is kept, and what was there before stays with it. */
  #account(key: string, window: number): Account {
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { window, spent: new SpendWindow(), sum: 0 };
      this.#accounts.set(key, account);
    } else if (window === 0 || window > account.window) account.window = window;
    return account;
  }

  #giveBack({ key, window, amount }: Spend, at: number): void {
    const account = this.#accounts.get(key);
    if (account === undefined) return;
    if (window === 0) account.sum -= amount;
    else account.spent.giveBack(at, amount);
  }

  /** Until every budget has room: whoever comes back after the first one's wait would only meet the next. */
  #longestWait(spends: readonly Spend[], now: number): number {
    const wanted = new Map<string, number>();
    let longest = 0;
    for (const { key, max, window, amount } of spends) {
      const more = (wanted.get(key) ?? 0) + amount;
      wanted.set(key, more);
      const used = this.used(key, window, now);
      if (amount === 0 ? used < max : used + more <= max) continue;
      longest = Math.max(longest, this.#wait(key, window, now, max - Math.max(more, 1)));
    }
    return longest;
  }

  /** Until no more than `room` is used. */
  #wait(key: string, window: number, now: number, room: number): number {
    const account = this.#accounts.get(key);
    if (window === 0 || room < 0 || account === undefined) return Number.POSITIVE_INFINITY;
    return account.spent.wait(now, window, room);
  }

  #sweepSome(now: number): void {
    for (let i = 0; i < SWEPT_PER_USE; i++) {
      this.#sweep ??= this.#accounts.entries();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      const [key, account] = next.value;
      if (account.window === 0) continue;
      account.spent.drop(now, account.window);
      if (account.spent.empty && account.sum === 0) this.#accounts.delete(key);
    }
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    const at = timeOf(record);
    const id = record.id as string;
    if (record.kind === 'decision' && record.budgets !== undefined) {
      const spends = spendsOf(record.budgets);
      for (const spend of spends) if (spend.amount > 0) this.#add(spend, spend.amount, at);
      this.began(id, spends);
    } else if (record.kind === 'outcome') {
      const usage = record.usage as { tokens?: number } | undefined;
      const bytes = record.bytes as number | undefined;
      this.settle(id, { bytes, time: record.duration_ms as number, tokens: usage?.tokens }, at);
    }
  }

  save(): Json {
    const accounts = [...this.#accounts].map(([key, { window, spent, sum }]) => [
      key,
      window,
      sum,
      [...spent.entries()],
    ]);
    const open = [...this.#open].map(([id, spends]) => [id, membersOf(spends)]);
    return { accounts, open } as unknown as Json;
  }

  load(json: Json): void {
    const saved = json as unknown as {
      accounts: [string, number, number, [number, number][]][];
      open: [string, Json][];
    };
    this.#accounts.clear();
    this.#open.clear();
    this.#sweep = undefined;
    for (const [key, window, sum, entries] of saved.accounts) {
      const spent = new SpendWindow();
      for (const [at, amount] of entries) spent.add(at, amount);
      this.#accounts.set(key, { window, sum, spent });
    }
    for (const [id, members] of saved.open) this.#open.set(id, spendsOf(members));
  }
}

/** Of a decision's record. */
export const membersOf = (spends: readonly Spend[]): Json =>
  spends.map(({ of, key, max, window, amount }) => [of, key, max, window, amount]);

const spendsOf = (members: Json): readonly Spend[] =>
  (members as unknown as [Spend['of'], string, number, number, number][]).map(
    ([of, key, max, window, amount]) => ({ of, key, max, window, amount }),
  );
