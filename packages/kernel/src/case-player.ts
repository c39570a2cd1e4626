/**
 * Cases that say what happened before: played through a kernel of their own, in memory, whose clock the case sets. Every call goes through all of the gate, the way a
 * host's does: it is decided, and what came back is reported. No file is looked at and nothing runs.
 */
import type { Json, JsonObject, Kernel, Result } from '@portcullis/wire';
import { familyOf } from './action/action.ts';
import type { KernelHost, PolicyOption } from './host.ts';
import { openHost } from './kernel.ts';
import { ownerCaller } from './owner.ts';
import type { CaseOutcome, CasePlayer } from './policy/cases/run.ts';
import {
  type Asked,
  askedOf,
  type Case,
  millisecondsOf,
  type Step,
  startOf,
  type Table,
} from './policy/cases/table.ts';

/** Milliseconds between two calls, where a table says nothing of it. */
const PACE = 1_000;

export function casePlayer(policy: PolicyOption): CasePlayer {
  return async (table, entry, startDir) => {
    let now = startOf(table, entry);
    const host = await openHost({
      policy,
      builtins: [],
      // Relative paths are written out before they come here: the directory need not exist.
      startDir: '/',
      ...(table.labels === undefined ? {} : { labels: { objects: table.labels } }),
      now: () => now,
    });
    try {
      const player = new Player(host, table, entry, startDir);
      for (const [at, step] of (entry.before ?? []).entries()) {
        now += millisecondsOf(step.wait, PACE);
        const wrong = await player.happened(step);
        if (wrong !== undefined)
          return { ...player.outcome(), wrong: `before ${at + 1}: ${wrong}` };
      }
      now += millisecondsOf(entry.wait, PACE);
      return await player.asked((every) => {
        now += every;
      });
    } finally {
      await host.close();
    }
  };
}

/** What of a decision's record names rules. */
interface Told {
  readonly guard: string;
  readonly rule?: string;
  readonly held?: { readonly asks: readonly { readonly rule: string }[] };
  readonly quarantines?: { readonly rule: string };
  readonly answers?: readonly (readonly string[])[];
  readonly bears?: readonly { readonly origin: string }[];
}

/** How a guard notes that a rule over calls decided. */
const RULE = 'rule ';

class Player {
  readonly #host: KernelHost;
  readonly #table: Table;
  readonly #case: Case;
  readonly #startDir: string;
  readonly #sessions = new Map<string, { readonly kernel: Kernel; readonly id: string }>();
  readonly #rules = new Set<string>();
  #last: Result | undefined = undefined;
  #decisive: string | undefined = undefined;

  constructor(host: KernelHost, table: Table, entry: Case, startDir: string) {
    this.#host = host;
    this.#table = table;
    this.#case = entry;
    this.#startDir = startDir;
  }

  /** What went otherwise than it says; undefined where nothing did. */
  async happened(step: Step): Promise<string | undefined> {
    const asked = askedOf(this.#table, step, this.#case);
    if (step.turn !== undefined) {
      const { kernel, id } = await this.#session(asked.principal, step.in);
      await kernel.addTurn(id, { role: 'user', text: step.turn });
      return undefined;
    }
    for (let turn = 0; turn < (step.times ?? 1); turn++) {
      const { effect, code } = await this.#call(asked, step.in, step.result);
      if (step.expect === undefined ? goesOn(effect) : effect === step.expect) continue;
      return `${asked.action} came to ${effect} (${code})`;
    }
    return undefined;
  }

  async asked(passes: (milliseconds: number) => void): Promise<CaseOutcome> {
    const entry = this.#case;
    const asked = askedOf(this.#table, entry, entry);
    const times = entry.times ?? 1;
    for (let turn = 1; ; turn++) {
      const { effect, code } = await this.#call(asked, entry.in);
      if (turn === times) return this.outcome();
      if (!goesOn(effect))
        return { ...this.outcome(), wrong: `turn ${turn} of ${times} came to ${effect} (${code})` };
      passes(millisecondsOf(entry.every, 0));
    }
  }

  /** The last call. */
  outcome(): CaseOutcome {
    const { decision, action } = this.#last ?? {};
    return {
      effect: decision?.effect ?? 'deny',
      code: decision?.code ?? 'not_run',
      rule: this.#decisive,
      rules: [...this.#rules],
      params: action?.params ?? {},
    };
  }

  async #call(
    asked: Asked,
    name: string | undefined,
    came?: Json,
  ): Promise<{ effect: string; code: string }> {
    const { action, params, principal } = asked;
    const { kernel, id: session } = await this.#session(principal, name);
    const resource = this.#absolute(asked);
    const context = this.#case.env;
    const result = await kernel.decide({
      action,
      params,
      session,
      ...(resource === undefined ? {} : { resource }),
      ...(context === undefined ? {} : { context: context as JsonObject }),
    });
    this.#last = result;
    await this.#note(kernel, result);
    if (result.permit !== undefined) {
      const { permit } = result;
      await kernel.report({
        permit,
        status: 'ok',
        ...(came === undefined ? {} : { result: came }),
      });
    }
    return result.decision;
  }

  /** Which rules had a part in it, and which of them decided, as its record tells. */
  async #note(kernel: Kernel, { decision }: Result): Promise<void> {
    const record = (await kernel.explain(decision.id)).records?.[0] as unknown as Told;
    const asks = (record.held?.asks ?? []).map(({ rule }) => rule);
    const steps = (record.answers ?? []).flatMap(([guard, , , note = '']) =>
      guard === 'behaviour' && note.startsWith(RULE) ? [note.slice(RULE.length)] : [],
    );
    const labels = (record.bears ?? []).map(({ origin }) => origin);
    this.#decisive = { behaviour: steps[0], approval: asks[0] }[record.guard] ?? record.rule;
    for (const name of [record.rule, record.quarantines?.rule, ...asks, ...steps, ...labels])
      if (name !== undefined) this.#rules.add(name);
  }

  async #session(
    principal: Asked['principal'],
    name = '',
  ): Promise<{ readonly kernel: Kernel; readonly id: string }> {
    const key = JSON.stringify([principal.id, name]);
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const kernel = this.#host.as(ownerCaller(principal));
    const { on_behalf_of: behind } = this.#case;
    const { id } = await kernel.openSession(behind === undefined ? {} : { on_behalf_of: behind });
    const opened = { kernel, id };
    this.#sessions.set(key, opened);
    return opened;
  }

  #absolute({ action, resource }: Asked): string | undefined {
    if (resource === undefined || resource.startsWith('/') || familyOf(action) !== 'fs')
      return resource;
    return `${this.#startDir}/${resource}`;
  }
}

const goesOn = (effect: string): boolean => effect === 'permit' || effect === 'modify';
