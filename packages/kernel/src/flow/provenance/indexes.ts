/**
 * The provenance index of each session, with its codes. None outlives the process, and those that were not used for longest go when all together
 * are too large; what was vouched for in a session is known to a new one from the start.
 */
import type { SessionState } from '../../session/state.ts';
import type { Vouched } from '../vouched.ts';
import { OneTimeCodes } from './one-time-codes.ts';
import { ProvenanceIndex } from './provenance.ts';

/** Bytes of all indexes together. */
const MOST_BYTES = 1_350 * 1024 * 1024;

export interface SessionFlow {
  readonly index: ProvenanceIndex;
  readonly codes: OneTimeCodes;
  bytes: number;
}

export class Indexes {
  readonly #vouched: Vouched;
  readonly #sessions = new Map<string, SessionFlow>();
  #bytes = 0;

  constructor(vouched: Vouched) {
    this.#vouched = vouched;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(session: string): SessionFlow | undefined {
    return this.#sessions.get(session);
  }

  /** What there is of a session, and what was vouched for in it before a restart. */
  known(session: SessionState | undefined): SessionFlow | undefined {
    if (session === undefined) return undefined;
    const flow = this.#sessions.get(session.id);
    if (flow !== undefined || !this.#vouched.has(session.id)) return flow;
    return this.open(session);
  }

  open(session: SessionState): SessionFlow {
    let flow = this.#sessions.get(session.id);
    if (flow === undefined) {
      flow = { index: new ProvenanceIndex(), codes: new OneTimeCodes(), bytes: 0 };
      // It has seen what this index has not: after a restart, or after the index went for want of room.
      flow.index.overflowed = session.labels.length > 0;
      flow.index.tainted = session.labels.some(({ integrity }) => integrity === 'untrusted');
      for (const [as, value] of this.#vouched.of(session.id)) flow.index[as](value);
    } else {
      this.#sessions.delete(session.id);
    }
    this.#sessions.set(session.id, flow);
    return flow;
  }

  /** It grew: others may have to go. */
  settle(id: string, flow: SessionFlow): void {
    const now = flow.index.bytes;
    this.#bytes += now - flow.bytes;
    flow.bytes = now;
    if (this.#bytes <= MOST_BYTES) return;
    for (const [oldest, { bytes }] of this.#sessions) {
      if (oldest === id || this.#bytes <= MOST_BYTES) return;
      this.#sessions.delete(oldest);
      this.#bytes -= bytes;
    }
  }

  close(session: string): void {
    const flow = this.#sessions.get(session);
    if (flow === undefined) return;
    this.#bytes -= flow.bytes;
    this.#sessions.delete(session);
  }
}
