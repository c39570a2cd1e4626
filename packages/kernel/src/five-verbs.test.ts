/**
 * The five verbs, delegation, blocks, approvals, quarantine, host permits, pages, replays and restarts in any order and at the same time, in two tenants
 * whose principals have the same names: what is on record is held to a reference model, and so is what each token is good for in the end.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Kernel, Result } from '@portcullis/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Caller } from './gate/guard.ts';
import type { KernelHost } from './host.ts';
import { openHost } from './kernel.ts';
import type { Provider } from './provider/types.ts';
import type { Right } from './rights.ts';
import { ReferenceModel } from './testing/reference-model.ts';

const TENANTS = ['default', 'toString'] as const;
const AGENTS = ['__proto__', 'constructor'] as const;
const ROWS = Array.from({ length: 20 }, (_, id) => ({ id }));
const POLICY = `version: 1
rules:
  - {name: asked, priority: 1, effect: require_approval, when: {resource: "asked*"}, then: {approvers: [carol]}}
  - {name: all, effect: permit}
`;

interface Token {
  readonly tenant: number;
  readonly owner: number;
  readonly text: string;
  readonly grant: string;
  readonly blocks: readonly string[];
}
interface Owned {
  readonly tenant: number;
  readonly owner: number;
  readonly id: string;
}

class World {
  host!: KernelHost;
  now = Date.parse('2026-11-21T12:00:00Z');
  readonly tokens: Token[] = [];
  readonly sessions: Owned[] = [];
  readonly handles: Owned[] = [];
  readonly held: Owned[] = [];
  readonly permits: Owned[] = [];
  /** Most uses of a block, by its id. */
  readonly blocks = new Map<string, number>();
  /** Grant of each result that was shown, by the place of its outcome in the journal. */
  readonly shown = new Map<number, string>();
  readonly ran = new Map<string, number>();
  readonly wrong: string[] = [];

  kernel(tenant: number, id: string, ...rights: Right[]): Kernel {
    const caller: Caller = {
      tenant: TENANTS[tenant] as string,
      credential: `key-${tenant}-${id}`,
      principal: { id, kind: 'agent', roles: [], attributes: {} },
      rights: new Set(rights),
      mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
    };
    return this.host.as(caller);
  }
  agent({ tenant, owner }: { tenant: number; owner: number }): Kernel {
    const name = AGENTS[owner] as string;
    return this.kernel(tenant, name, 'submit', 'decide', 'outcomes', 'sessions:open', 'explain');
  }
  admin = (tenant: number) => this.kernel(tenant, 'admin', 'quarantine', 'journal', 'explain');
  carol = (tenant: number) => this.kernel(tenant, 'carol', 'approve', 'explain');

  readonly #provider: Provider = {
    family: 'thing',
    actions: [{ name: 'thing.list', resource: 'other', params: {}, effect: 'read' }],
    execute: async ({ params, resource }, { actionId, tenant, principal }) => {
      const { records } = await this.admin(TENANTS.indexOf(tenant as 'default')).journal({
        id: actionId,
      });
      if (records.length !== 1 || records[0]?.effect !== 'permit')
        this.wrong.push(`${actionId} ran without its intent`);
      const key = (params as { key?: string }).key;
      const name = key === undefined ? actionId : JSON.stringify([tenant, principal, key]);
      const times = (this.ran.get(name) ?? 0) + 1;
      this.ran.set(name, times);
      if (times > 1) this.wrong.push(`${name} ran ${times} times`);
      for (let turns = resource.value.length % 4; turns > 0; turns--) await turn();
      return { data: ROWS, labels: [] };
    },
  };

  async open(dataDir: string): Promise<void> {
    this.host = await openHost({
      dataDir,
      builtins: [],
      providers: [this.#provider],
      policy: POLICY,
      now: () => this.now,
      capabilities: [
        {
          id: 'rows',
          name: 'rows',
          description: 'rows',
          action: 'thing.list',
          safety: 'read',
          resource_from: 'of',
          max_rows: 6,
          rate: false,
        },
      ],
    });
  }

  saw(of: { tenant: number; owner: number }, token: Token | undefined, result: Result): void {
    const { tenant, owner } = of;
    const { approval, frame, record, permit, replayed } = result;
    if (approval !== undefined) this.held.push({ tenant, owner, id: approval.id });
    if (permit !== undefined) this.permits.push({ tenant, owner, id: permit });
    if (frame?.handle !== undefined) this.handles.push({ tenant, owner, id: frame.handle });
    if (token !== undefined && replayed !== true && record !== undefined)
      if (frame !== undefined && (frame.data !== null || frame.handle !== undefined))
        this.shown.set(record.seq, token.grant);
  }
}

interface Pick {
  readonly tenant: number;
  readonly owner: number;
  readonly at: number;
}
type Step = (world: World, pick: Pick) => Promise<unknown>;
const at = <T>(list: readonly T[], { at: place }: Pick): T | undefined =>
  list[list.length - 1 - (place % Math.max(1, list.length))];

const use = (
  world: World,
  { at: place }: Pick,
  token: Token,
  more: { idempotency_key?: string } = {},
) => {
  const of = place % 3 === 0 ? `asked${place}` : `plain${place}`;
  const args = more.idempotency_key === undefined ? { of } : { of, key: more.idempotency_key };
  const mode = place % 2 === 0 ? ({ response_mode: 'handle_only' } as const) : {};
  return world.agent(token).invoke({ token: token.text, args, ...mode, ...more });
};

const STEPS: { readonly [name: string]: Step } = {
  async session(world, { tenant, owner }) {
    const { id } = await world.agent({ tenant, owner }).openSession();
    world.sessions.push({ tenant, owner, id });
  },
  async grant(world, pick) {
    const own = world.sessions.filter((s) => s.tenant === pick.tenant && s.owner === pick.owner);
    const session = at(own, pick)?.id;
    const { id, token } = await world.agent(pick).grant({
      capability: 'rows',
      constraints: { uses: 1 + (pick.at % 4), ttl: 120 + pick.at },
      ...(session === undefined ? {} : { session }),
    });
    if (id !== undefined && token !== undefined)
      world.tokens.push({ ...pick, text: token, grant: id, blocks: [] });
  },
  async delegate(world, pick) {
    const from = at(world.tokens, pick);
    if (from === undefined) return;
    const owner = 1 - from.owner;
    const own = world.sessions.filter((s) => s.tenant === from.tenant && s.owner === from.owner);
    const session = at(own, pick)?.id;
    const { id, token } = await world.agent(from).grant({
      token: from.text,
      delegate_to: AGENTS[owner] as string,
      ...(session === undefined ? {} : { session }),
    });
    if (id !== undefined && token !== undefined)
      world.tokens.push({ tenant: from.tenant, owner, text: token, grant: id, blocks: [] });
  },
  async attenuate(world, pick) {
    const from = at(world.tokens, pick);
    if (from === undefined) return;
    const uses = 1 + (pick.at % 3);
    const made = await world.agent(from).attenuate({ token: from.text, caveats: { uses } });
    world.blocks.set(made.block, uses);
    world.tokens.push({ ...from, text: made.token, blocks: [...from.blocks, made.block] });
  },
  async invoke(world, pick) {
    const token = at(world.tokens, pick);
    if (token !== undefined) world.saw(token, token, await use(world, pick, token));
  },
  async again(world, pick) {
    const token = at(world.tokens, pick);
    if (token === undefined) return;
    const key = `key-${pick.at % 3}`;
    world.saw(token, token, await use(world, pick, token, { idempotency_key: key }));
  },
  async steal(world, pick) {
    const token = at(world.tokens, pick);
    if (token === undefined) return;
    for (const thief of [
      { ...token, owner: 1 - token.owner },
      { ...token, tenant: 1 - token.tenant },
    ]) {
      const { decision, frame } = await use(world, pick, { ...token, ...thief });
      if (decision.effect !== 'deny' || frame !== undefined) world.wrong.push('stolen, and used');
    }
  },
  async decide(world, pick) {
    const token = at(world.tokens, pick);
    if (token === undefined) return;
    const request = { action: 'thing.list', resource: 'plain', token: token.text };
    world.saw(token, token, await world.agent(token).decide(request));
  },
  async redeem(world, pick) {
    const permit = at(world.permits, pick);
    if (permit !== undefined) await world.agent(permit).redeemPermit({ permit: permit.id });
  },
  async revoke(world, pick) {
    const token = at(world.tokens, pick);
    if (token === undefined) return;
    const block = token.blocks.at(-1);
    const target = pick.at % 2 === 0 || block === undefined ? { grant: token.grant } : { block };
    await world.admin(token.tenant).revoke({ ...target, reason: 'r' });
  },
  async quarantine(world, pick) {
    const session = at(world.sessions, pick);
    if (session === undefined) return;
    const level = pick.at % 3 === 0 ? 'none' : 'isolated';
    await world.admin(session.tenant).quarantine(session.id, level, 'r');
  },
  async close(world, pick) {
    const session = at(world.sessions, pick);
    if (session !== undefined) await world.agent(session).closeSession(session.id);
  },
  async answer(world, pick) {
    const held = at(world.held, pick);
    const decision = pick.at % 4 === 0 ? 'deny' : 'approve';
    if (held !== undefined) await world.carol(held.tenant).answerApproval(held.id, { decision });
  },
  async withdraw(world, pick) {
    const held = at(world.held, pick);
    if (held !== undefined) await world.agent(held).withdrawApproval(held.id);
  },
  async resume(world, pick) {
    const held = at(world.held, pick);
    if (held !== undefined) world.saw(held, undefined, await world.agent(held).resume(held.id));
  },
  async expand(world, pick) {
    const handle = at(world.handles, pick);
    if (handle !== undefined)
      await world.agent(handle).expand({ handle: handle.id, query: { limit: 1 + (pick.at % 5) } });
  },
  async wait(world, pick) {
    world.now += pick.at * 5_000;
  },
};

async function recorded(world: World, model: ReferenceModel): Promise<void> {
  const records = [];
  for (const tenant of [0, 1]) {
    let after = 0;
    for (;;) {
      const page = await world.admin(tenant).journal({ after, limit: 1_000 });
      records.push(...page.records);
      if (page.next === undefined) break;
      after = page.next;
    }
  }
  for (const record of records.sort((one, other) => one.seq - other.seq)) {
    model.take(record);
    const grant = world.shown.get(record.seq);
    if (grant !== undefined && model.over(grant) !== undefined)
      world.wrong.push(`${record.seq} shows what is ${model.over(grant)}`);
  }
}

const pick = fc.record({ tenant: fc.nat(1), owner: fc.nat(1), at: fc.nat(11) });
// What is made comes first more often: there is little to take away from nobody.
const often = ['grant', 'grant', 'session', 'invoke', 'invoke', 'invoke', 'answer', 'resume'];
const names = [...often, ...Object.keys(STEPS)];
const batch = fc.record({
  steps: fc.array(fc.tuple(fc.constantFrom(...names), pick), {
    minLength: 1,
    maxLength: 8,
    size: 'max',
  }),
  restarts: fc.oneof(
    { weight: 12, arbitrary: fc.constant('no') },
    { weight: 1, arbitrary: fc.constantFrom('closed', 'killed') },
  ),
});

test('nothing is on record, nothing ran and nothing was shown that the reference model does not permit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 4, maxLength: 14, size: 'max' }),
      async (batches) => {
        const world = new World();
        const folder = mkdtempSync(join(tmpdir(), 'portcullis-verbs-'));
        let dataDir = join(folder, 'data');
        await world.open(dataDir);
        try {
          for (const [turnOf, { steps, restarts }] of batches.entries()) {
            await Promise.allSettled(
              steps.map(([name, picked]) => (STEPS[name] as Step)(world, picked)),
            );
            if (restarts === 'no') continue;
            const before = world.host;
            if (restarts === 'closed') await before.close();
            else {
              const copy = join(folder, `${turnOf}`);
              cpSync(dataDir, copy, { recursive: true });
              dataDir = copy;
            }
            await world.open(dataDir);
            if (restarts === 'killed') await before.close();
          }
          const model = new ReferenceModel((block) => world.blocks.get(block));
          await recorded(world, model);
          expect([...world.wrong, ...model.wrong]).toEqual([]);
          for (const { tenant, owner, text, grant, blocks } of world.tokens) {
            const { decision } = await world
              .agent({ tenant, owner })
              .decide({ action: 'thing.list', resource: 'plain', token: text, execution: 'none' });
            const usable = model.usable(grant, blocks, world.now);
            expect([grant, decision.effect, usable]).toEqual([
              grant,
              usable ? 'permit' : 'deny',
              usable,
            ]);
          }
        } finally {
          await world.host.close();
          rmSync(folder, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: Number(process.env.PORTCULLIS_HISTORIES ?? 5), endOnFailure: true },
  );
}, 300_000);
