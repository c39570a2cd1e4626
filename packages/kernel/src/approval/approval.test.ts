/** Actions that wait for people: what is held, who may answer, what an answer is worth, and how it is got round. It is not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApprovalAnswer, Kernel, Result } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { HostOptions, KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Provider } from '../provider/types.ts';
import type { Right } from '../rights.ts';
import { Approvals } from './approvals.ts';

const RIGHTS: readonly Right[] = ['submit', 'decide', 'outcomes', 'sessions:open', 'explain'];

const caller = (id: string, more: Partial<Caller> & { roles?: string[] } = {}): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: more.roles ?? [], attributes: {} },
  rights: new Set([...RIGHTS, ...(more.rights ?? [])]),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
  ...(more.tenant === undefined ? {} : { tenant: more.tenant }),
});
const approve: ReadonlySet<Right> = new Set(['approve']);

const rules = (then: string) => `version: 1
rules:
  - {name: pay, effect: require_approval, when: {action: pay.*}${then}}
  - {name: look, effect: permit, when: {action: look.*}}
`;
const ANYBODY = rules('');
const LEADS = rules(', then: {approvers: ["role:lead", carol], quorum: 2}');

let ran: string[];
const provider: Provider = {
  family: 'pay',
  actions: ['pay.out', 'look.at'].map((name) => ({
    name,
    resource: 'other',
    params: { type: 'object' },
    effect: 'write',
  })),
  execute({ resource, params }) {
    ran.push(`${resource.value} ${JSON.stringify(params)}`);
    return { data: 'done', labels: [] };
  },
};

let folder: string;
let hosts: KernelHost[];
let clock: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-approval-'));
  hosts = [];
  ran = [];
  clock = Date.parse('2026-01-05T12:00:00Z');
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function host(policy: string, more: Partial<HostOptions> = {}): Promise<KernelHost> {
  const made = await openHost({
    dataDir: folder,
    builtins: [],
    providers: [provider],
    now: () => clock,
    policy,
    ...more,
  });
  hosts.push(made);
  return made;
}

const PAY = { action: 'pay.out', resource: 'bob', params: { amount: 5 } };
const idOf = (result: Result): string => result.approval?.id ?? 'nothing is held';
const yes: ApprovalAnswer = { decision: 'approve' };

describe('a held action', () => {
  it('runs nothing until somebody approves it and who asked resumes it, and then once', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const person = h.as(caller('person', { rights: approve }));
    const held = await agent.submit(PAY);
    expect(held.decision).toMatchObject({ effect: 'require_approval', code: 'approval_required' });
    expect(held.outcome.status).toBe('not_executed');
    expect(h.status().held).toBe(1);
    const before = await agent.submit({ ...PAY, resume: idOf(held) });
    expect(before.decision.code).toBe('approval_required');
    expect(idOf(before)).toBe(idOf(held));
    expect((await person.answerApproval(idOf(held), yes)).status).toBe('approved');
    expect(ran).toEqual([]);
    const done = await agent.submit({ ...PAY, resume: idOf(held) });
    expect([done.decision.code, done.outcome.status]).toEqual(['permitted', 'ok']);
    expect((await agent.submit({ ...PAY, resume: idOf(held) })).decision.code).toBe(
      'approval_used',
    );
    expect(ran).toEqual(['bob {"amount":5}']);
    expect(h.status().held).toBe(0);
  });

  it('is resumed by its id alone, over a restart', async () => {
    const first = await host(ANYBODY);
    const held = await first.as(caller('agent')).submit(PAY);
    await first.close();
    const second = await host(ANYBODY);
    await second.as(caller('person', { rights: approve })).answerApproval(idOf(held), yes);
    await second.close();
    const third = await host(ANYBODY);
    const agent = third.as(caller('agent'));
    const done = await agent.resume(idOf(held));
    expect([done.decision.code, done.outcome.status]).toEqual(['permitted', 'ok']);
    await third.close();
    const fourth = await host(ANYBODY);
    const again = await fourth.as(caller('agent')).resume(idOf(held));
    expect(again.decision.code).toBe('approval_used');
    expect(ran).toHaveLength(1);
    await expect(fourth.as(caller('other')).resume(idOf(held))).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('resumed by many at once runs once', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const held = await agent.submit(PAY);
    await h.as(caller('person', { rights: approve })).answerApproval(idOf(held), yes);
    const results = await Promise.all(
      Array.from({ length: 20 }, () => agent.submit({ ...PAY, resume: idOf(held) })),
    );
    expect(results.filter(({ decision }) => decision.code === 'permitted')).toHaveLength(1);
    expect(results.filter(({ decision }) => decision.code === 'approval_used')).toHaveLength(19);
    expect(ran).toHaveLength(1);
  });

  it('is one for equal asks in one session, and another for another session or argument', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const both = await Promise.all([agent.submit(PAY), agent.submit(PAY)]);
    expect(new Set(both.map(idOf)).size).toBe(1);
    expect(idOf(await agent.submit(PAY))).toBe(idOf(both[0] as Result));
    const { id } = await agent.openSession();
    expect(idOf(await agent.submit({ ...PAY, session: id }))).not.toBe(idOf(both[0] as Result));
    expect(idOf(await agent.submit({ ...PAY, params: { amount: 6 } }))).not.toBe(
      idOf(both[0] as Result),
    );
    expect(h.status().held).toBe(3);
  });

  it('finds no room beyond what a principal and a tenant may have waiting', async () => {
    const h = await host(ANYBODY, { approvals: { perPrincipal: 3, perTenant: 5 } });
    const ask = async (id: string, count: number) => {
      const kernel = h.as(caller(id));
      const results = await Promise.all(
        Array.from({ length: count }, (_, amount) => kernel.submit({ ...PAY, params: { amount } })),
      );
      return results.map(({ decision }) => `${decision.effect} ${decision.code}`);
    };
    const held = 'require_approval approval_required';
    expect((await ask('one', 5)).sort()).toEqual([
      ...Array(2).fill('defer approvals_full'),
      ...Array(3).fill(held),
    ]);
    expect((await ask('two', 3)).filter((one) => one === held)).toHaveLength(2);
  });

  it('takes its room though other rules ask for the same action', async () => {
    const policy = `version: 1
rules:
  - {name: long, effect: require_approval, when: {action: pay.*}}
  - {name: short, effect: require_approval, when: {action: pay.*, justification: {under: 5}}}
`;
    const h = await host(policy, { approvals: { perPrincipal: 3 } });
    const agent = h.as(caller('agent'));
    const held = new Set<string | undefined>();
    for (let i = 0; i < 8; i++) {
      const justification = i % 2 === 0 ? 'the invoice of May' : 'pay';
      held.add((await agent.submit({ ...PAY, justification })).approval?.id);
    }
    expect(held.size).toBe(2);
    expect(await agent.approvals({ status: 'open' })).toHaveLength(2);
  });

  it('is approved by nobody who cannot be shown it', async () => {
    const first = await host(ANYBODY);
    const id = idOf(await first.as(caller('agent')).submit(PAY));
    const other = idOf(await first.as(caller('agent')).submit({ ...PAY, resource: 'eve' }));
    await first.close();
    rmSync(join(folder, 'vault.sqlite'));
    const h = await host(ANYBODY);
    const person = h.as(caller('person', { rights: approve }));
    expect(await person.approval(id)).toMatchObject({ status: 'expired', answerable: false });
    await expect(person.answerApproval(id, yes)).rejects.toMatchObject({ code: 'conflict' });
    const both = [id, other].map((one) => ({ id: one, ...yes }));
    await expect(person.answerApprovals(both)).rejects.toMatchObject({ code: 'conflict' });
    const agent = h.as(caller('agent'));
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('approval_required');
    await person.answerApproval(id, { decision: 'deny' });
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('approval_denied');
    expect(ran).toEqual([]);
  });

  it('is asked about, not held, by a pure check, and never in observe mode', async () => {
    const h = await host(ANYBODY);
    const check = await h.as(caller('agent')).decide({ ...PAY, execution: 'none' });
    expect(check.decision.code).toBe('approval_required');
    expect(check.approval).toBeUndefined();
    expect(h.status().held).toBe(0);
    await h.close();
    const watching = await host(ANYBODY, { mode: 'observe' });
    const seen = await watching.as(caller('agent')).submit(PAY);
    expect(seen.outcome.status).toBe('ok');
    expect(seen.decision.would).toEqual({ effect: 'require_approval', code: 'approval_required' });
    expect(watching.status().held).toBe(0);
  });
});

describe('what waits in a session that is over', () => {
  it('is withdrawn with it, approved or not, and so it stays over a restart', async () => {
    const options = { policy: ANYBODY };
    let made = await host(options.policy);
    let [bot, boss] = [made.as(caller('bot')), made.as(caller('boss', { rights: approve }))];
    const session = (await bot.openSession()).id;
    const held = async (amount: number) =>
      (await bot.submit({ ...PAY, params: { amount }, session })).approval?.id as string;
    const [open, approved, denied] = [await held(1), await held(2), await held(3)];
    await boss.answerApproval(approved, { decision: 'approve' });
    await boss.answerApproval(denied, { decision: 'deny' });
    const other = (await bot.submit(PAY)).approval?.id as string;
    await bot.closeSession(session);
    const statuses = async () =>
      Promise.all(
        [open, approved, denied, other].map(async (id) => (await boss.approval(id)).status),
      );
    const expected = ['withdrawn', 'withdrawn', 'denied', 'open'];
    expect(await statuses()).toEqual(expected);
    await expect(boss.answerApproval(open, { decision: 'approve' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await made.close();
    hosts.splice(hosts.indexOf(made), 1);
    made = await host(options.policy);
    [bot, boss] = [made.as(caller('bot')), made.as(caller('boss', { rights: approve }))];
    expect(await statuses()).toEqual(expected);
    expect(ran).toEqual([]);
  });

  it('is approved no more where time closed it', async () => {
    const made = await host(ANYBODY, { sessions: { age: 60_000 } });
    const [bot, boss] = [made.as(caller('bot')), made.as(caller('boss', { rights: approve }))];
    const session = (await bot.openSession()).id;
    const id = (await bot.submit({ ...PAY, session })).approval?.id as string;
    expect((await boss.approval(id)).answerable).toBe(true);
    clock += 61_000;
    expect((await bot.submit({ action: 'look.at', session })).decision.code).toBe('session_closed');
    expect((await boss.approval(id)).answerable).toBe(false);
    await expect(boss.answerApproval(id, { decision: 'approve' })).rejects.toMatchObject({
      code: 'session_closed',
    });
    expect((await boss.answerApproval(id, { decision: 'deny' })).status).toBe('denied');
  });
});

describe('an approval is for what was seen, and nothing else', () => {
  let h: KernelHost;
  let agent: Kernel;
  let person: Kernel;
  let id: string;
  beforeEach(async () => {
    h = await host(ANYBODY);
    agent = h.as(caller('agent'));
    person = h.as(caller('person', { rights: approve }));
    id = idOf(await agent.submit(PAY));
  });
  const resume = async (more: object = {}, kernel: Kernel = agent) =>
    (await kernel.submit({ ...PAY, ...more, resume: id })).decision.code;

  it('not for another argument, resource, action or session', async () => {
    await person.answerApproval(id, yes);
    expect(await resume({ params: { amount: 6 } })).toBe('approval_void');
    expect(await resume({ resource: 'mallory' })).toBe('approval_void');
    expect(await resume({ action: 'look.at' })).toBe('approval_void');
    const other = await agent.openSession();
    expect(await resume({ session: other.id })).toBe('approval_void');
    expect(await resume({}, h.as(caller('other')))).toBe('unknown_approval');
    expect(await resume({}, h.as(caller('agent', { tenant: 'other' })))).not.toBe('permitted');
    expect(ran).toEqual([]);
    expect(await resume()).toBe('permitted');
  });

  it('not after a denial, a withdrawal, or its time', async () => {
    const denied = await person.answerApproval(id, { decision: 'deny', reason: 'not today' });
    expect(denied.status).toBe('denied');
    const told = (await agent.submit({ ...PAY, resume: id })).decision;
    expect([told.code, told.reason]).toEqual(['approval_denied', 'not today']);
    await expect(person.answerApproval(id, yes)).rejects.toMatchObject({ code: 'conflict' });

    id = idOf(await agent.submit(PAY));
    await expect(person.withdrawApproval(id)).rejects.toMatchObject({ code: 'forbidden' });
    await agent.withdrawApproval(id);
    expect(await resume()).toBe('approval_expired');

    id = idOf(await agent.submit(PAY));
    clock += 3_600_001;
    expect(await resume()).toBe('approval_expired');
    await expect(person.answerApproval(id, yes)).rejects.toMatchObject({ code: 'conflict' });

    id = idOf(await agent.submit(PAY));
    await person.answerApproval(id, yes);
    clock += 3_600_001;
    expect(await resume()).toBe('approval_expired');
    expect(ran).toEqual([]);
  });

  it('not when the kernel is frozen, the session is quarantined, or who approved is over', async () => {
    const admin = h.as(
      caller('admin', { rights: new Set<Right>(['freeze', 'quarantine', 'journal']) }),
    );
    await person.answerApproval(id, yes);
    await admin.freeze(true, 'drill');
    expect(await resume()).toBe('frozen');
    await admin.freeze(false, 'drill is over');
    const { id: session } = await agent.session();
    await admin.quarantine(session, 'frozen', 'odd');
    expect(await resume()).toBe('session_quarantined');
    await admin.quarantine(session, 'none', 'fine');
    await admin.invalidate({ target: 'principal', id: 'person', reason: 'left' });
    expect(await resume()).toBe('approval_void');
    await admin.restore({ target: 'principal', id: 'person', reason: 'is back' });
    expect(await resume()).toBe('permitted');
  });
});

describe('a rule that changes after the approval', () => {
  it('voids it; another rule that changes does not', async () => {
    const managed = join(folder, 'policy.yaml');
    const h = await host('', { policy: { managed } });
    const admin = h.as(caller('admin', { rights: new Set<Right>(['policy']) }));
    const agent = h.as(caller('agent'));
    const person = h.as(caller('person', { rights: approve }));
    const approved = async () => {
      const id = idOf(await agent.submit(PAY));
      await person.answerApproval(id, yes);
      return id;
    };
    await admin.replacePolicy(ANYBODY);
    let id = await approved();
    await admin.replacePolicy(ANYBODY.replace('look.*', 'look.at'));
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('permitted');
    id = await approved();
    await admin.replacePolicy(rules(', then: {approvers: ["role:lead"]}'));
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('approval_void');
    await admin.replacePolicy(ANYBODY.replace('require_approval', 'deny'));
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('denied_by_rule');
  });
});

describe('who may answer', () => {
  it('a quorum of different people whom the rule names, and not who asked', async () => {
    const h = await host(LEADS);
    const agent = h.as(caller('agent', { roles: ['lead'], rights: approve }));
    const held = await agent.submit(PAY);
    const id = idOf(held);
    await expect(agent.answerApproval(id, yes)).rejects.toMatchObject({ code: 'self_approval' });
    const stranger = h.as(caller('stranger', { rights: approve }));
    await expect(stranger.answerApproval(id, yes)).rejects.toMatchObject({ code: 'not_found' });
    expect(await stranger.approvals()).toEqual([]);
    const noRight = h.as(caller('dora', { roles: ['lead'] }));
    await expect(noRight.answerApproval(id, yes)).rejects.toMatchObject({ code: 'forbidden' });
    const lead = h.as(caller('lena', { roles: ['lead'], rights: approve }));
    expect((await lead.answerApproval(id, yes)).status).toBe('open');
    await expect(lead.answerApproval(id, yes)).rejects.toMatchObject({ code: 'conflict' });
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('approval_required');
    const carol = h.as(caller('carol', { rights: approve }));
    expect((await carol.approvals()).map((one) => [one.id, one.answerable])).toEqual([[id, true]]);
    expect((await carol.answerApproval(id, yes)).status).toBe('approved');
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('permitted');
  });

  it('one denial is enough', async () => {
    const h = await host(LEADS);
    const agent = h.as(caller('agent'));
    const id = idOf(await agent.submit(PAY));
    const lead = h.as(caller('lena', { roles: ['lead'], rights: approve }));
    await lead.answerApproval(id, yes);
    await h.as(caller('carol', { rights: approve })).answerApproval(id, { decision: 'deny' });
    expect((await agent.submit({ ...PAY, resume: id })).decision.code).toBe('approval_denied');
  });

  it('several at once, all or none', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const person = h.as(caller('person', { rights: approve }));
    const ids: string[] = [];
    for (const amount of [1, 2, 3])
      ids.push(idOf(await agent.submit({ ...PAY, params: { amount } })));
    const all = ids.map((id) => ({ id, ...yes }));
    await expect(person.answerApprovals([...all, { id: 'nobody', ...yes }])).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await person.approvals({ status: 'open' })).map(({ id }) => id)).toEqual(ids);
    await person.answerApprovals(all);
    await h.close();
    const again = await host(ANYBODY);
    const after = again.as(caller('person', { rights: approve }));
    expect((await after.approvals({ status: 'approved' })).map(({ id }) => id)).toEqual(ids);
  });
});

describe('for longer than once', () => {
  it('the same action on the same resource goes through, narrowed, so often, until it is taken back', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const person = h.as(caller('person', { rights: approve }));
    const first = await agent.submit(PAY);
    // It would count ten, and the approver's own answer would say more.
    const wider = { decision: 'approve', for: 'session', narrow: { uses: 11 } } as const;
    await expect(person.answerApproval(idOf(first), wider)).rejects.toMatchObject({
      code: 'malformed_request',
    });
    await person.answerApproval(idOf(first), {
      decision: 'approve',
      for: 'session',
      narrow: { params: { '/amount': { max: 10 } }, uses: 3 },
    });
    // Whoever looks later, and the next of a quorum, sees how far it goes.
    expect((await person.approval(idOf(first))).answers).toEqual([
      expect.objectContaining({
        for: 'session',
        narrow: { params: { '/amount': { max: 10 } }, uses: 3 },
      }),
    ]);
    const code = async (more: object) => (await agent.submit({ ...PAY, ...more })).decision.code;
    expect(await code({ params: { amount: 10 } })).toBe('permitted');
    expect(await code({ params: { amount: 11 } })).toBe('approval_required');
    expect(await code({ resource: 'mallory' })).toBe('approval_required');
    const { id: session } = await agent.openSession();
    expect(await code({ session })).toBe('approval_required');
    await h.close();
    const again = await host(ANYBODY);
    const after = again.as(caller('agent'));
    const results: string[] = [];
    for (let i = 0; i < 3; i++)
      results.push((await after.submit({ ...PAY, params: { amount: i } })).decision.code);
    expect(results).toEqual(['permitted', 'permitted', 'approval_required']);
  });

  it('ends with its time, and with a denial', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const person = h.as(caller('person', { rights: approve }));
    const until = { until: clock + 60_000 };
    const first = idOf(await agent.submit(PAY));
    for (const term of [clock, clock - 1, clock + 90_000_000, 'x', null]) {
      const answer = { decision: 'approve', for: { until: term } } as never;
      await expect(person.answerApproval(first, answer)).rejects.toMatchObject({
        code: 'malformed_request',
      });
    }
    await person.answerApproval(first, { decision: 'approve', for: until });
    const { id: session } = await agent.openSession();
    expect((await agent.submit({ ...PAY, session })).decision.code).toBe('permitted');
    await person.answerApproval(first, { decision: 'deny', reason: 'no more' });
    expect((await agent.submit({ ...PAY, session })).decision.code).toBe('approval_required');
    const second = idOf(await agent.submit({ ...PAY, params: { amount: 7 } }));
    await person.answerApproval(second, { decision: 'approve', for: until });
    clock += 60_001;
    expect((await agent.submit({ ...PAY, params: { amount: 8 } })).decision.code).toBe(
      'approval_required',
    );
  });
});

describe('a longer approval, hours after the time to resume what it came from', () => {
  const HOUR = 3_600_000;
  it.each([true, false])('is taken back by a denial, resumed then (%s) or not', async (resumed) => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const person = h.as(caller('person', { rights: approve }));
    const first = idOf(await agent.submit(PAY));
    await person.answerApproval(first, { decision: 'approve', for: { until: clock + 20 * HOUR } });
    const code = async (more = {}) => (await agent.submit({ ...PAY, ...more })).decision.code;
    if (resumed) expect(await code({ resume: first })).toBe('permitted');
    clock += 3 * HOUR;
    expect(await code()).toBe('permitted');
    await person.answerApproval(first, { decision: 'deny', reason: 'no more' });
    expect(await code()).toBe('approval_required');
  });

  it('is remembered until it ends, and no longer', () => {
    const approvals = new Approvals({ ttl: HOUR, perPrincipal: 20, perTenant: 20 });
    const record = (kind: string, more: object) =>
      approvals.apply({ kind, ts: '2026-01-05T12:00:00Z', tenant: 'default', ...more } as never);
    const at = Date.parse('2026-01-05T12:00:00Z');
    for (const id of ['once', 'long']) {
      const held = { value: id, expires: at + HOUR, asks: [], resource: '' };
      record('decision', { id, principal: 'agent', session: 's', params: id, held });
      const until = id === 'once' ? id : { until: at + 20 * HOUR };
      record('approval', { event: 'answered', id, by: 'p', decision: 'approve', for: until });
      record('decision', { id: `of ${id}`, effect: 'permit', approval: { id } });
    }
    const known = (hours: number) => {
      approvals.sweep(at, at + hours * HOUR);
      return [...approvals.all('default')].map(({ id }) => id);
    };
    expect([known(1), known(3), known(19), known(21)]).toEqual([
      ['once', 'long'],
      ['long'],
      ['long'],
      [],
    ]);
  });
});

describe('what an approver sees', () => {
  it('is what is there: nothing controls, reorders or hides, and no secret shows', async () => {
    const h = await host(ANYBODY);
    const agent = h.as(caller('agent'));
    const rtl = 'pay \u202ebob\u202c\u200b now\u001b[2J\u{e0041}';
    await agent.submit({ action: 'look.at', resource: 'the page' });
    const held = await agent.submit({
      ...PAY,
      params: { note: rtl, key: { ghp_c4n4ryC4N4RYc4n4ryC4N4RYc4n4ry012345: [rtl] } },
      justification: `because \u2066${'x'.repeat(10)}`,
    });
    const seen = await h.as(caller('person', { rights: approve })).approval(idOf(held));
    const text = JSON.stringify(seen);
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).not.toContain('ghp_c4n4ry');
    expect((seen.action.params as { note: string }).note).toBe(
      'pay \\u{202e}bob\\u{202c}\\u{200b} now\\u{1b}[2J\\u{e0041}',
    );
    expect(seen.justification).toBe('because \\u{2066}xxxxxxxxxx');
    expect(seen.steps.map(({ action, effect }) => [action, effect])).toEqual([
      ['look.at', 'permit'],
    ]);
    expect(seen).toMatchObject({ principal: 'agent', answerable: true, status: 'open' });
  });
});
