/**
 * The sessions' provenance, fed by turns and outcomes and asked by guards. Nothing of it outlives the process, and indexes that were not
 * used for longest go when there are too many: where one is missing, a value bears its session's label.
 */
import type { Json, Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { SessionState } from '../session/state.ts';
import { Codes } from './codes.ts';
import { Delegations } from './delegations.ts';
import { type ArgumentFact, type Facts, factsOf } from './facts.ts';
import type { ActionLabels, LabelSet } from './label-set.ts';
import { at } from './leaves.ts';
import { learn } from './output.ts';
import { ProvenanceIndex } from './provenance.ts';
import { integrityOf } from './standing.ts';
import { trace } from './trace.ts';

/** Bytes of all indexes together. */
const MOST_BYTES = 1_350 * 1024 * 1024;
/** Actions whose outcome is awaited: the oldest are forgotten, and what comes of them is then nobody's word. */
const MOST_AWAITED = 100_000;
const MOST_LABELS = 1_000;

interface SessionFlow {
  readonly index: ProvenanceIndex;
  readonly codes: Codes;
  bytes: number;
}

/** What is remembered of a permitted action until its outcome comes. */
interface Awaited {
  readonly session: string;
  readonly action: string;
  readonly origin: string;
  readonly named: boolean;
  readonly written: readonly (readonly [value: string, payload: boolean])[];
}

export class Flows {
  readonly labels: LabelSet;
  readonly delegations: Delegations;
  readonly #sessions = new Map<string, SessionFlow>();
  readonly #awaited = new Map<string, Awaited>();
  #bytes = 0;

  readonly #asked: (session: SessionState) => boolean;

  /** `asked`: whether the policy of a session asks where values come from. */
  constructor(
    labels: LabelSet,
    asked: (session: SessionState) => boolean = () => true,
    delegations: Delegations = new Delegations(),
  ) {
    this.labels = labels;
    this.delegations = delegations;
    this.#asked = asked;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The user's own words. */
  turn(session: SessionState, text: string): void {
    const flow = this.#open(session);
    flow.index.turn(text);
    this.#settle(session.id, flow);
  }

  endorse(session: SessionState, value: string): void {
    const flow = this.#open(session);
    flow.index.endorse(value);
    this.#settle(session.id, flow);
  }

  declassify(session: SessionState, value: string): void {
    this.#open(session).index.declassify(value);
  }

  facts(session: SessionState | undefined, action: Action): Facts {
    const flow = session === undefined ? undefined : this.#sessions.get(session.id);
    return factsOf(
      action,
      this.labels.get(action.name),
      flow?.index,
      flow?.codes,
      this.tainted(session),
    );
  }

  tainted(session: SessionState | undefined): boolean {
    if (session === undefined) return false;
    if (this.#sessions.get(session.id)?.index.tainted === true) return true;
    return session.labels.some((label) => label.integrity === 'untrusted');
  }

  /** Whether the user typed a token, in this session and as far as this process knows. */
  typedIn(session: string): (hash: number) => boolean {
    const index = this.#sessions.get(session)?.index;
    return index === undefined ? () => false : (hash) => index.trusts(hash);
  }

  labelsAt(session: SessionState, action: Action, steps: readonly string[]): readonly Label[] {
    const index = this.#sessions.get(session.id)?.index;
    const tainted = this.tainted(session);
    const found: Label[] = [];
    for (const [, value] of at(action.params as Json, steps)) {
      if (found.length >= MOST_LABELS) break;
      if (index === undefined) {
        found.push({
          source: '*',
          origin: '*',
          integrity: tainted ? 'untrusted' : 'trusted',
          confidentiality: 'private',
        });
        continue;
      }
      const traced = trace(index, value, false);
      const source = index.source(traced.source);
      const carried = index.carries(value);
      found.push({
        source: source?.action ?? '*',
        origin: source?.origin ?? '*',
        integrity: integrityOf(traced.standing, tainted),
        confidentiality: carried.secret > 0 ? 'secret' : carried.private > 0 ? 'private' : 'public',
      });
    }
    return found;
  }

  /** Page, value, argument: for the record. */
  explain(session: SessionState | undefined, argument: ArgumentFact): string {
    const source =
      session === undefined
        ? undefined
        : this.#sessions.get(session.id)?.index.source(argument.source);
    // Words of the user's put together by somebody else: by whom is not known.
    const unknown =
      source === undefined || (source.action === 'user' && argument.standing !== 'user');
    const from =
      unknown || argument.standing === 'untraced'
        ? ''
        : ` <- ${source.action} ${source.origin}`.trimEnd();
    return `${argument.pointer} ${argument.role} ${argument.standing}${from}`;
  }

  /** Where no tool has labels and no rule asks, nobody would use what is learned: the session's labels say enough. */
  learns(session: SessionState | undefined): session is SessionState {
    return session !== undefined && (!this.labels.empty || this.#asked(session));
  }

  /** The action was permitted and will run: what it says is in the world, and a code that it shows is used. */
  permitted(id: string, session: SessionState | undefined, action: Action): void {
    if (!this.learns(session)) return;
    const labels = this.labels.get(action.name);
    const flow = this.#open(session);
    const facts = this.facts(session, action);
    const written: [string, boolean][] = [];
    let selected = 0;
    let typed = 0;
    for (const { role, standing, value } of facts.arguments) {
      if (integrityOf(standing, facts.tainted) === 'untrusted')
        written.push([value, role === 'payload']);
      if (role === 'code' && labels?.redeems !== undefined)
        flow.codes.redeem(flow.index, value, labels.redeems);
      if (role !== 'selector' && role !== 'destination') continue;
      if (value === '') continue;
      selected++;
      if (standing === 'user' || flow.index.typed(value) >= 0.5) typed++;
    }
    flow.codes.caused(action.name, flow.index.clock);
    this.#awaited.set(id, {
      session: session.id,
      action: action.name,
      origin: originOf(labels, facts, action),
      named: selected > 0 && selected === typed,
      written,
    });
    if (this.#awaited.size > MOST_AWAITED) {
      for (const oldest of this.#awaited.keys()) {
        this.#awaited.delete(oldest);
        break;
      }
    }
  }

  /** A piece of what comes back, learned before it is shown; the outcome is still awaited. Answers with the label of the piece. */
  piece(id: string, session: SessionState, action: string, data: Json, origin: Label): Label {
    return this.#learn(this.#awaited.get(id), session, action, data, origin);
  }

  /** More came back than is learned. */
  overflow(session: SessionState): void {
    this.#open(session).index.overflowed = true;
  }

  /** What came back: every field learned by who wrote it. Answers with the label of the whole. */
  outcome(
    id: string,
    session: SessionState | undefined,
    action: string,
    data: Json | undefined,
    origin: Label,
  ): Label {
    const awaited = this.#awaited.get(id);
    this.#awaited.delete(id);
    if (data === undefined || !this.learns(session)) return origin;
    const { index } = this.#open(session);
    for (const [value, payload] of awaited?.written ?? []) index.wrote(value, payload);
    return this.#learn(awaited, session, action, data, origin);
  }

  #learn(
    awaited: Awaited | undefined,
    session: SessionState,
    action: string,
    data: Json,
    origin: Label,
  ): Label {
    const labels = this.labels.get(action);
    const flow = this.#open(session);
    const { index } = flow;
    const result =
      labels?.result ?? (origin.integrity === 'trusted' ? TRUSTED_RESULT : FREE_RESULT);
    const before = index.tainted;
    index.tainted = false;
    learn(index, data, {
      source: { action, origin: awaited?.origin ?? origin.origin },
      labels: result,
      named: awaited?.named ?? false,
      page: labels?.url !== undefined,
    });
    const untrusted = index.tainted;
    index.tainted ||= before;
    this.#settle(session.id, flow);
    return Object.freeze({
      source: origin.source,
      origin: origin.origin,
      integrity: untrusted ? 'untrusted' : 'trusted',
      confidentiality: labels === undefined ? origin.confidentiality : result.confidentiality,
    });
  }

  /** Nothing ran. */
  forgo(id: string): void {
    this.#awaited.delete(id);
  }

  close(session: string): void {
    const flow = this.#sessions.get(session);
    if (flow === undefined) return;
    this.#bytes -= flow.bytes;
    this.#sessions.delete(session);
  }

  #open(session: SessionState): SessionFlow {
    let flow = this.#sessions.get(session.id);
    if (flow === undefined) {
      flow = { index: new ProvenanceIndex(), codes: new Codes(), bytes: 0 };
      // It has seen what this index has not: after a restart, or after the index went for want of room.
      flow.index.overflowed = session.labels.length > 0;
      flow.index.tainted = session.labels.some(({ integrity }) => integrity === 'untrusted');
    } else {
      this.#sessions.delete(session.id);
    }
    this.#sessions.set(session.id, flow);
    return flow;
  }

  #settle(id: string, flow: SessionFlow): void {
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
}

const FREE_RESULT: ActionLabels['result'] = Object.freeze({
  author: 'free',
  format: undefined,
  keys: 'free',
  fields: new Map(),
  by: undefined,
  confidentiality: 'private',
  secret: new Set<string>(),
});
const TRUSTED_RESULT: ActionLabels['result'] = Object.freeze({
  ...FREE_RESULT,
  author: 'trusted',
  keys: 'trusted',
});

/** For people: the address, or whatever selects what was read. */
function originOf(labels: ActionLabels | undefined, facts: Facts, action: Action): string {
  const first = facts.arguments.find(({ role }) => role === 'destination' || role === 'selector');
  if (labels !== undefined && first !== undefined) return first.value.slice(0, 200);
  return action.resource.value.slice(0, 200);
}
