/**
 * Replays recorded runs through the real gate: a kernel in memory for each tool set, a session for each run, every call decided, and of
 * the permitted ones what came back reported. A call that is not permitted leaves nothing behind.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type KernelHost,
  type LabelSet,
  loadLabels,
  openHost,
  ownerCaller,
} from '@portcullis/kernel';
import type { Effect, Result } from '@portcullis/wire';
import type { Run } from './run.ts';

export type Verdict = 'allow' | 'approve' | 'deny';

export interface Decided {
  readonly id: string;
  readonly call: number;
  readonly decision: Verdict;
  readonly rule: string;
  readonly code: string;
  /** Where the arguments came from. */
  readonly why: string;
  /** For the rows to compare with: the tool changes or reaches something; strangers' data was read before. */
  readonly sink: boolean;
  readonly tainted: boolean;
}

export interface ReplayOptions {
  readonly labels: string;
  readonly policy: string;
}

interface Stage {
  readonly host: KernelHost;
  readonly labels: LabelSet;
}

export class Replayer {
  readonly #options: ReplayOptions;
  readonly #stages = new Map<string, Stage>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async replay(run: Run): Promise<Decided[]> {
    const { host, labels } = await this.#stage(run.suite);
    // Runs share no world: what one stored is not there for the next.
    const kernel = host.as({ ...ownerCaller({ id: 'replay', kind: 'agent' }), tenant: run.id });
    const { id: session } = await kernel.openSession();
    const decided: Decided[] = [];
    let turn = 0;
    for (const [call, { tool, args, result, failed }] of run.calls.entries()) {
      for (; (run.turns[turn]?.before ?? Number.POSITIVE_INFINITY) <= call; turn++)
        await kernel.addTurn(session, { role: 'user', text: run.turns[turn]?.text ?? '' });
      const action = actionName(tool);
      const { labels: seen } = await kernel.session(session);
      const answer = await kernel.decide({ action, params: args, session });
      decided.push({
        id: run.id,
        call,
        decision: verdictOf(answer),
        rule: answer.decision.detail?.rule ?? '',
        code: answer.decision.code,
        why: noteOf(answer),
        sink: (labels.get(action)?.sinks.length ?? 0) > 0,
        tainted: seen.some(({ integrity }) => integrity === 'untrusted'),
      });
      if (answer.permit !== undefined)
        await kernel.report({ permit: answer.permit, status: failed ? 'error' : 'ok', result });
    }
    await kernel.closeSession(session);
    return decided;
  }

  async close(): Promise<void> {
    for (const { host } of this.#stages.values()) await host.close();
  }

  async #stage(suite: string): Promise<Stage> {
    let stage = this.#stages.get(suite);
    if (stage === undefined) {
      const file = labelFile(this.#options.labels, suite);
      const labels = file === undefined ? undefined : { files: [file] };
      const host = await openHost({
        policy: this.#options.policy,
        builtins: [],
        // Nobody answers here: everything that would wait does.
        approvals: { perPrincipal: 1_000_000, perTenant: 1_000_000 },
        ...(labels === undefined ? {} : { labels }),
      });
      stage = { host, labels: loadLabels(labels) };
      this.#stages.set(suite, stage);
    }
    return stage;
  }
}

/** The label file of a tool set: named as the set is. */
function labelFile(dir: string, suite: string): string | undefined {
  if (!/^[\w.-]+$/.test(suite) || suite.startsWith('.')) return undefined;
  return ['yaml', 'yml', 'json']
    .map((end) => join(dir, `${suite}.${end}`))
    .find((path) => existsSync(path));
}

/** Tools have names that actions have not. */
const actionName = (tool: string): string => {
  const name = tool
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '_')
    .slice(0, 120);
  return /^[a-z]/.test(name) ? name : `tool_${name}`;
};

const ALLOWED: ReadonlySet<Effect> = new Set(['permit', 'modify']);

function verdictOf({ decision }: Result): Verdict {
  if (ALLOWED.has(decision.effect)) return 'allow';
  if (decision.effect === 'require_approval') return 'approve';
  return 'deny';
}

function noteOf({ decision }: Result): string {
  const guards = decision.detail?.guards ?? [];
  return guards.find(({ guard }) => guard === 'flow')?.note ?? '';
}
