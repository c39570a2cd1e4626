/**
 * What frames handed to the model, as an estimate in tokens (UTF-8 bytes of the frame's JSON, divided by four), per session. Little
 * left lowers the mode of frames, nothing left makes them handles. What is being shown is counted before it is recorded, so that frames made
 * at the same time do not all take the last of it.
 */
import type { Frame, JournalRecord, Json, ResponseMode } from '@portcullis/wire';
import type { Fold } from '../state/fold.ts';

export interface TokenBudget {
  /** Tokens that the frames of one session may take together. */
  readonly total: number;
  /** Share of the total below which frames show less. Default 0.2. */
  readonly low?: number;
}

export type Tier = 'low' | 'exhausted' | undefined;

export const BYTES_PER_TOKEN = 4;
const LOW = 0.2;

/** What `low` makes of a mode. */
const LOWERED = {
  raw: 'table',
  table: 'summary',
  summary: 'summary',
  handle_only: 'handle_only',
} as const;
/** What comes after a mode that does not fit. */
const BELOW = {
  raw: 'table',
  table: 'summary',
  summary: 'handle_only',
  handle_only: 'handle_only',
} as const;

export const tokensOf = (frame: Frame): number =>
  Math.ceil(Buffer.byteLength(JSON.stringify(frame)) / BYTES_PER_TOKEN);

interface Used {
  /** Recorded. */
  shown: number;
  /** On the way to be. */
  held: number;
}

export class SessionTokens implements Fold {
  readonly name = 'session_tokens';
  readonly #budget: TokenBudget | undefined;
  readonly #sessions = new Map<string, Used>();

  constructor(budget: TokenBudget | undefined) {
    this.#budget = budget;
  }

  /** Whether anything is counted. */
  get counts(): boolean {
    return this.#budget !== undefined;
  }

  /** The most that may be shown now: ever less until it fits. What is taken is held until `settle` or `forgo`. */
  fit<T extends { readonly frame: Frame }>(
    session: string,
    asked: ResponseMode | undefined,
    show: (mode: ResponseMode | undefined) => T,
  ): { readonly shown: T; readonly tier: Tier; readonly tokens: number } {
    const used = this.#of(session);
    const tier = this.tier(session);
    let mode =
      tier === undefined ? asked : tier === 'low' ? LOWERED[asked ?? 'raw'] : 'handle_only';
    for (;;) {
      const shown = show(mode);
      const tokens = tokensOf(shown.frame) + OWN;
      if (mode === 'handle_only' || tokens <= this.#left(used)) {
        used.held += tokens;
        const now = mode === 'handle_only' && asked !== 'handle_only' ? 'exhausted' : tier;
        return { shown, tier: now, tokens };
      }
      mode = BELOW[mode ?? 'raw'];
    }
  }

  /** Room for data that no mode can lower: so many tokens of it, or as many as are left. */
  take(session: string, tokens: number): number {
    const used = this.#of(session);
    const taken = Math.max(0, Math.min(tokens, this.#left(used)));
    used.held += taken;
    return taken;
  }

  tier(session: string): Tier {
    if (this.#budget === undefined) return undefined;
    const left = this.#left(this.#of(session));
    if (left <= 0) return 'exhausted';
    return left < this.#budget.total * (this.#budget.low ?? LOW) ? 'low' : undefined;
  }

  /** The record that says so is appended. */
  settle(session: string, tokens: number): void {
    const used = this.#of(session);
    used.held -= tokens;
    used.shown += tokens;
  }

  forgo(session: string, tokens: number): void {
    this.#of(session).held -= tokens;
  }

  #left({ shown, held }: Used): number {
    return this.#budget === undefined
      ? Number.POSITIVE_INFINITY
      : this.#budget.total - shown - held;
  }

  #of(session: string): Used {
    let used = this.#sessions.get(session);
    if (used === undefined) {
      used = { shown: 0, held: 0 };
      this.#sessions.set(session, used);
    }
    return used;
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    const session = record.session as string | undefined;
    if (session === undefined) return;
    if (record.event === 'session.closed') this.#sessions.delete(session);
    else if (typeof record.tokens === 'number') this.#of(session).shown += record.tokens;
  }

  /** The session is over. */
  close(session: string): void {
    this.#sessions.delete(session);
  }

  save(): Json {
    return [...this.#sessions].map(([session, { shown }]) => [session, shown]);
  }

  load(json: Json): void {
    this.#sessions.clear();
    for (const [session, shown] of json as [string, number][])
      this.#sessions.set(session, { shown, held: 0 });
  }
}

/** Tokens of `handle`, `handle_expires` and `tier`, which are added later. */
const OWN = 40;
