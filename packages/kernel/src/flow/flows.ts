/**
 * The provenance of all sessions: turns and outcomes teach it, guards ask it. What is asked and what is learned must agree, so both stand here.
 * Where a session has no index of values, as after a restart, a value bears the session's label. What was stored, and what was vouched for, stays.
 */
import type { Json, Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import { summary } from '../session/labels.ts';
import type { SessionState } from '../session/state.ts';
import { type AwaitedAction, AwaitedActions, NOTHING_SAID, type Reads } from './awaited.ts';
import { Delegations } from './delegations.ts';
import { type ArgumentFact, type Facts, factsOf } from './facts.ts';
import type { LabelSet } from './label-files/label-set.ts';
import { at } from './leaves.ts';
import { type FlowOutcome, originOf, outputOf } from './outcome.ts';
import { Indexes } from './provenance/indexes.ts';
import { asStored, learn, moreOf, type Output } from './provenance/output.ts';
import { trace } from './provenance/trace.ts';
import { integrityOf } from './standing.ts';
import { join, type Labels, NONE, WORST } from './stored/join.ts';
import { labelsRead } from './stored/reading.ts';
import { type Seal, sealer } from './stored/seal.ts';
import { StoredLabels, type Stores } from './stored/stored-labels.ts';
import { privacyOf, storesOf, storesOfProgram, type Writer } from './stored/written.ts';
import { Vouched } from './vouched.ts';

const MOST_LABELS = 1_000;

/** What outlives the process, and what it takes to name it. */
export interface FlowStores {
  readonly delegations: Delegations;
  readonly stored: StoredLabels;
  readonly vouched: Vouched;
  readonly seal: Seal;
  /** Relative paths begin here. */
  readonly startDir: string;
  /** Where programs may write. */
  readonly programsWrite: readonly string[];
}

const noStores = (): FlowStores => ({
  delegations: new Delegations(),
  stored: new StoredLabels(),
  vouched: new Vouched(),
  seal: sealer(new Uint8Array(32)),
  startDir: '/',
  programsWrite: [],
});

export class Flows {
  readonly labels: LabelSet;
  readonly delegations: Delegations;
  readonly stored: StoredLabels;
  readonly vouched: Vouched;
  readonly #seal: Seal;
  readonly #startDir: string;
  readonly #programsWrite: readonly string[];
  readonly #indexes: Indexes;
  readonly #awaited = new AwaitedActions();
  readonly #asked: (session: SessionState) => boolean;

  /** `asked`: whether the policy of a session asks where values come from. */
  constructor(
    labels: LabelSet,
    asked: (session: SessionState) => boolean = () => true,
    stores: FlowStores = noStores(),
  ) {
    this.labels = labels;
    this.delegations = stores.delegations;
    this.stored = stores.stored;
    this.vouched = stores.vouched;
    this.#indexes = new Indexes(stores.vouched);
    this.#seal = stores.seal;
    this.#startDir = stores.startDir;
    this.#programsWrite = stores.programsWrite;
    this.#asked = asked;
  }

  get bytes(): number {
    return this.#indexes.bytes;
  }

  /** The user's own words. */
  turn(session: SessionState, text: string): void {
    const flow = this.#indexes.open(session);
    flow.index.turn(text);
    this.#indexes.settle(session.id, flow);
  }

  endorse(session: SessionState, value: string): void {
    const flow = this.#indexes.open(session);
    flow.index.endorse(value);
    this.#indexes.settle(session.id, flow);
  }

  declassify(session: SessionState, value: string): void {
    this.#indexes.open(session).index.declassify(value);
  }

  facts(session: SessionState | undefined, action: Action, said?: Label): Facts {
    const flow = this.#indexes.known(session);
    return factsOf(action, this.labels.get(action.name), {
      index: flow?.index,
      codes: flow?.codes,
      tainted: this.tainted(session),
      bears: () => summary(session?.labels ?? NONE).confidentiality,
      startDir: this.#startDir,
      said,
    });
  }

  /** What this action leaves behind where it runs, for its record; undefined for most. */
  stores(
    tenant: string,
    session: SessionState | undefined,
    action: Action,
    hosted: boolean,
  ): Stores | undefined {
    const object = this.labels.object(action.name);
    if (object?.changes === true)
      return storesOf(object, action, this.#writer(session), this.#seal);
    if (this.#programsWrite.length === 0 || action.resource.kind !== 'proc' || hosted)
      return undefined;
    const files = this.stored.of(tenant)?.read(this.#seal(['fs']), true) ?? NONE;
    return storesOfProgram(this.#programsWrite, action, this.#writer(session), files, this.#seal);
  }

  #writer(session: SessionState | undefined): Writer {
    return { session, index: this.#indexes.known(session)?.index, tainted: this.tainted(session) };
  }

  tainted(session: SessionState | undefined): boolean {
    if (session === undefined) return false;
    if (this.#indexes.get(session.id)?.index.tainted === true) return true;
    return session.labels.some((label) => label.integrity === 'untrusted');
  }

  /** Not after a restart, nor where there was no room for all. */
  knows(session: string): boolean {
    return this.#indexes.get(session)?.index.overflowed === false;
  }

  /** Whether the user typed a token, in this session and as far as this process knows. */
  typedIn(session: string): (hash: number) => boolean {
    const index = this.#indexes.get(session)?.index;
    return index === undefined ? () => false : (hash) => index.trusts(hash);
  }

  labelsAt(session: SessionState, action: Action, steps: readonly string[]): readonly Label[] {
    const index = this.#indexes.known(session)?.index;
    const tainted = this.tainted(session);
    const bears = moreOf('private', summary(session.labels).confidentiality);
    const found: Label[] = [];
    for (const [, value] of at(action.params as Json, steps)) {
      // What is not looked at may be anything.
      if (found.length >= MOST_LABELS) return [...found, ...WORST];
      if (index === undefined) {
        found.push({
          source: '*',
          origin: '*',
          integrity: tainted ? 'untrusted' : 'trusted',
          confidentiality: bears,
        });
        continue;
      }
      const { standing, source: number } = trace(index, value, false);
      const source = index.source(number);
      found.push({
        source: source?.action ?? '*',
        origin: source?.origin ?? '*',
        integrity: integrityOf(standing, tainted),
        confidentiality: standing === 'user' ? 'public' : privacyOf(value, index, session),
      });
    }
    return found;
  }

  /** Page, value, argument: for the record. */
  explain(session: SessionState | undefined, argument: ArgumentFact): string {
    const source =
      session === undefined
        ? undefined
        : this.#indexes.get(session.id)?.index.source(argument.source);
    // Words of the user's put together by somebody else: by whom is not known.
    const unknown =
      source === undefined || (source.action === 'user' && argument.standing !== 'user');
    const via = source?.via === undefined ? '' : ` <- ${source.via}`;
    const from =
      unknown || argument.standing === 'untraced'
        ? ''
        : ` <- ${source.action} ${source.origin}`.trimEnd() + via;
    return `${argument.pointer} ${argument.role} ${argument.standing}${from}`;
  }

  /** Where no tool has labels and no rule asks, nobody would use what is learned: the session's labels say enough. */
  learns(session: SessionState | undefined): session is SessionState {
    return session !== undefined && (!this.labels.empty || this.#asked(session));
  }

  /** What comes back is looked at: it is learned, or this tenant stored things. */
  heeds(tenant: string, session: SessionState | undefined): boolean {
    return this.learns(session) || this.stored.of(tenant) !== undefined;
  }

  /** The action was permitted and will run: what it says is in the world, and a code that it shows is used. */
  permitted(
    id: string,
    tenant: string,
    session: SessionState | undefined,
    action: Action,
    hosted: boolean,
  ): void {
    const reads = this.#reads(tenant, action, hosted);
    if (this.learns(session)) this.#awaited.put(id, { ...this.#said(session, action), reads });
    else if (reads !== undefined) this.#awaited.put(id, { ...NOTHING_SAID, reads });
  }

  #said(session: SessionState, action: Action): Omit<AwaitedAction, 'reads'> {
    const labels = this.labels.get(action.name);
    const flow = this.#indexes.open(session);
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
    return {
      origin: originOf(labels, facts, action),
      named: selected > 0 && selected === typed,
      written,
    };
  }

  /** Undefined where nothing that was stored is read: of a provider, also where nothing is stored so far. */
  #reads(tenant: string, acted: Action, hosted: boolean): Reads | undefined {
    const object = this.labels.object(acted.name);
    if (object?.shows !== true) return undefined;
    const tree = this.stored.of(tenant);
    if (tree === undefined) return hosted ? { acted, labels: NONE, clock: 0 } : undefined;
    const clock = tree.clock;
    return { acted, labels: labelsRead(tree, object, acted, clock, this.#seal), clock };
  }

  /** Of what this outcome shows that was stored before. */
  #storedIn({ tenant, action, acted, again }: FlowOutcome, reads: Reads | undefined): Labels {
    const object = this.labels.object(action);
    if (object?.shows !== true || again === true) return NONE;
    const tree = this.stored.of(tenant);
    // What changes it as well shows it as it was before: what it changes itself is known to who asked.
    if (tree === undefined || object.changes) return reads?.labels ?? NONE;
    const now = labelsRead(tree, object, acted ?? reads?.acted, reads?.clock ?? 0, this.#seal);
    return join(reads?.labels ?? NONE, now);
  }

  /** A piece of what comes back, learned before it is shown; the outcome is still awaited. */
  piece(outcome: FlowOutcome): readonly Label[] {
    return this.#labelsOf(outcome, this.#awaited.get(outcome.id));
  }

  /** More came back than is learned. */
  overflow(session: SessionState): void {
    this.#indexes.open(session).index.overflowed = true;
  }

  /** What came back: every field learned by who wrote it. Answers with the label of the whole, and those of what it was made of. */
  outcome(outcome: FlowOutcome): readonly Label[] {
    const awaited = this.#awaited.take(outcome.id);
    if (outcome.data !== undefined && this.learns(outcome.session)) {
      const { index } = this.#indexes.open(outcome.session);
      for (const [value, payload] of awaited?.written ?? []) index.wrote(value, payload);
    }
    return this.#labelsOf(outcome, awaited);
  }

  #labelsOf(outcome: FlowOutcome, awaited: AwaitedAction | undefined): readonly Label[] {
    const [origin, ...made] = outcome.labels;
    const stored = join(made, this.#storedIn(outcome, awaited?.reads));
    const { data, session } = outcome;
    if (data === undefined || !this.learns(session)) return [origin, ...stored];
    return [this.#learn(session, data, outcome, awaited, stored), ...stored];
  }

  #learn(
    session: SessionState,
    data: Json,
    { action, labels: [origin] }: FlowOutcome,
    awaited: AwaitedAction | undefined,
    stored: Labels,
  ): Label {
    const labels = this.labels.get(action);
    const flow = this.#indexes.open(session);
    const { index } = flow;
    const output = outputOf(action, labels, origin, awaited);
    const before = index.tainted;
    index.tainted = false;
    learn(index, data, stored.length === 0 ? output : this.#withStored(output, stored));
    const untrusted = index.tainted;
    index.tainted ||= before;
    this.#indexes.settle(session.id, flow);
    return Object.freeze({
      source: origin.source,
      origin: origin.origin,
      integrity: untrusted ? 'untrusted' : 'trusted',
      confidentiality:
        labels === undefined ? origin.confidentiality : output.labels.confidentiality,
    });
  }

  /** No better than what was stored; whom the user named speaks for it no more. */
  #withStored(output: Output, stored: Labels): Output {
    const worst = summary(stored);
    const object = this.labels.object(output.source.action);
    const place = object?.in ?? '';
    // Names are what a list shows.
    const list = object?.does.has('list') === true;
    const kept = (field: string): boolean => list || this.labels.keeps(place, field);
    const from = stored.find(({ integrity }) => integrity === worst.integrity);
    const via = from === undefined ? '' : `${from.source} ${from.origin}`.trimEnd();
    return {
      source: via === '' || via === '* *' ? output.source : { ...output.source, via },
      labels: asStored(output.labels, worst, kept),
      named: output.named && worst.integrity === 'trusted',
      page: output.page,
    };
  }

  /** Nothing ran. */
  forgo(id: string): void {
    this.#awaited.take(id);
  }

  close(session: string): void {
    this.#indexes.close(session);
  }
}
