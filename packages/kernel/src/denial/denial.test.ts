/** Help is true: whoever does what it says is permitted. And it tells nothing to who may not know the policy. */
import type { ActionRequest, Help, Json, JsonObject, Kernel, Result } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { HostOptions, KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import { paramTest } from '../policy/compile/params.ts';
import type { ParamTests } from '../policy/document/schema.ts';
import { compileResource } from '../policy/glob/resource.ts';
import { TRUE } from '../policy/value/truth.ts';
import type { Right } from '../rights.ts';

/** A Monday. */
const START = Date.UTC(2026, 0, 5, 8, 0, 0);
const AGENT_RIGHTS: Right[] = ['submit', 'decide', 'outcomes', 'sessions:open', 'explain'];
const hosts: KernelHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

interface World {
  readonly host: KernelHost;
  readonly owner: Kernel;
  readonly agent: Kernel;
  readonly clock: { now: number };
}

async function world(
  rules: Json,
  more: JsonObject = {},
  options: HostOptions = {},
): Promise<World> {
  const clock = { now: START };
  const policy = { version: 1, rules, ...more } as never;
  const host = await openHost({
    now: () => clock.now,
    drift: false,
    builtins: [],
    policy,
    ...options,
  });
  hosts.push(host);
  const agent: Caller = {
    tenant: 'default',
    credential: 'agent-key',
    principal: { id: 'agent', kind: 'agent', roles: ['support'], attributes: {} },
    rights: new Set(AGENT_RIGHTS),
    mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
  };
  return { host, clock, owner: host.as(ownerCaller(undefined)), agent: host.as(agent) };
}

const permitted = ({ decision: { effect } }: Result): boolean =>
  effect === 'permit' || effect === 'modify';

type Asked = Omit<ActionRequest, 'context' | 'labels'> & JsonObject;

/** Does what help says, once; `pick` chooses the value of a changed argument. */
async function follow(
  { owner, clock }: World,
  kernel: Kernel,
  asked: Asked,
  help: Help,
  pick: (index: number) => Json | undefined = (index) => help.arguments?.[index]?.example,
): Promise<Result> {
  const request = structuredClone(asked);
  help.arguments?.forEach(({ argument, permitted: tests = [] }, index) => {
    const [, first, ...rest] = argument.split('/');
    const removed = tests.some(({ present }) => present === false);
    if (argument === '/params') {
      const only = tests[0]?.only as string[];
      const names = Object.keys(request.params ?? {});
      for (const name of names)
        if (!only.some((pointer) => pointer.split('/')[1] === name)) delete request.params?.[name];
    } else if (first === 'params') {
      request.params ??= {};
      if (removed) delete request.params[rest[0] as string];
      else request.params[rest[0] as string] = pick(index) as Json;
    } else if (removed) delete request[first as string];
    else if (first === 'justification')
      request.justification = 'because the customer asked for it '.repeat(9);
    else request[first as string] = pick(index) as Json;
  });
  switch (help.retry) {
    case 'never':
      throw new Error('nothing to follow');
    case 'after':
      if (help.after?.at !== undefined) {
        expect(Date.parse(help.after.at)).toBe(clock.now + (help.after.seconds as number) * 1_000);
        clock.now = Date.parse(help.after.at);
      }
      break;
    case 'after_approval':
      await owner.answerApproval(help.approval as string, { decision: 'approve' });
      return kernel.resume(help.approval as string);
    case 'get_grant': {
      const capability = help.capability as string;
      const { justification } = request;
      const reason = justification === undefined ? {} : { justification };
      const { token, decision } = await kernel.grant({ capability, ...reason });
      expect(decision.effect).toBe('permit');
      return kernel.decide({ ...request, token: token as string });
    }
    case 'new_session':
      return kernel.decide({ ...request, session: (await kernel.openSession()).id });
  }
  return kernel.decide(request);
}

const CAPABILITY = { name: 'n', description: 'd', safety: 'write' } as const;

interface Row {
  readonly rules: JsonObject[];
  readonly ask: Asked;
  readonly code: string;
  readonly retry: Help['retry'];
  readonly before?: (world: World, kernel: Kernel) => Promise<unknown>;
  readonly more?: JsonObject;
  readonly options?: HostOptions;
  /** Somebody does what has to be done first. */
  readonly lift?: (world: World) => Promise<unknown>;
}

const rule = (
  name: string,
  effect: string,
  when: JsonObject,
  more: JsonObject = {},
): JsonObject => ({
  name,
  effect,
  when,
  ...more,
});
const pay = (params: JsonObject): JsonObject => rule('pay', 'permit', { action: 'pay', params });
const changed = 'change_arguments';

const ROWS: Readonly<Record<string, Row>> = {
  'a number above': {
    rules: [pay({ '/amount': { min: 1, max: 100 } })],
    ask: { action: 'pay', params: { amount: 500 } },
    code: 'no_matching_rule',
    retry: changed,
  },
  'a parameter that is missing': {
    rules: [pay({ '/amount': { under: 100 }, '/currency': { in: ['EUR'] } })],
    ask: { action: 'pay', params: { amount: 5 } },
    code: 'no_matching_rule',
    retry: changed,
  },
  'a parameter too many': {
    rules: [pay({ '/amount': { min: 1 } })],
    ask: { action: 'pay', params: { amount: 5, memo: 'x' } },
    code: 'no_matching_rule',
    retry: changed,
  },
  'a text by a pattern': {
    rules: [pay({ '/iban': { matches: '^(DE|FR)[0-9]{2,4}x?$' } })],
    ask: { action: 'pay', params: { iban: '?' } },
    code: 'no_matching_rule',
    retry: changed,
  },
  'begins and ends': {
    rules: [pay({ '/name': { prefix: 'inv-', suffix: '.pdf', contains: '2026' } })],
    ask: { action: 'pay', params: { name: '?' } },
    code: 'no_matching_rule',
    retry: changed,
  },
  'a deny of one value': {
    rules: [
      pay({ '/amount': { max: 100 } }),
      rule('no', 'deny', { action: 'pay', params: { '/amount': { eq: 13 } } }),
    ],
    ask: { action: 'pay', params: { amount: 13 } },
    code: 'denied_by_rule',
    retry: changed,
  },
  'a deny of a switch': {
    rules: [
      rule('pay', 'permit', { action: 'pay', params: { other: 'any' } }),
      rule('no', 'deny', { action: 'pay', params: { '/force': { present: true } } }),
    ],
    ask: { action: 'pay', params: { force: true } },
    code: 'denied_by_rule',
    retry: changed,
  },
  'a hard cap': {
    rules: [pay({ '/amount': { min: 0 } })],
    more: { invariants: [{ name: 'cap', action: 'pay', param: '/amount', max: 50 }] },
    ask: { action: 'pay', params: { amount: 51 } },
    code: 'invariant_violated',
    retry: changed,
  },
  'a path': {
    rules: [rule('read', 'permit', { action: 'fs.read', resource: '/workspace/**' })],
    ask: { action: 'fs.read', resource: '/etc/passwd' },
    code: 'no_matching_rule',
    retry: changed,
  },
  'a path that is denied': {
    rules: [
      rule('read', 'permit', { action: 'fs.read', resource: '/workspace/**' }),
      rule('env', 'deny', { action: 'fs.read', resource: '**/.env' }),
    ],
    ask: { action: 'fs.read', resource: '/workspace/.env' },
    code: 'denied_by_rule',
    retry: changed,
  },
  'a host': {
    rules: [rule('get', 'permit', { action: 'http.get', resource: 'https://api.example.com/**' })],
    ask: { action: 'http.get', resource: 'https://evil.example/x' },
    code: 'no_matching_rule',
    retry: changed,
  },
  'a reason': {
    rules: [rule('write', 'permit', { action: 'write', justification: { min: 15 } })],
    ask: { action: 'write' },
    code: 'justification_required',
    retry: changed,
  },
  'a rate': {
    rules: [rule('r', 'permit', { action: 'r', rate: { max: 1, per: '1m' } })],
    ask: { action: 'r' },
    before: (_, kernel) => kernel.decide({ action: 'r' }),
    code: 'rate_limited',
    retry: 'after',
  },
  'a rate of a restriction': {
    rules: [
      rule('r', 'permit', { action: 'r' }),
      rule('much', 'deny', {
        action: 'r',
        rate: { over: 1, per: '1m' },
        time: { between: '00:00-08:30' },
      }),
    ],
    ask: { action: 'r' },
    before: (_, kernel) => kernel.decide({ action: 'r' }),
    code: 'denied_by_rule',
    retry: 'never',
  },
  'a budget': {
    rules: [rule('r', 'permit', { action: 'r' })],
    more: {
      budgets: [
        { name: 'b', of: 'calls', max: 1, per: '2m' },
        { name: 'c', of: 'calls', max: 1, per: '10m' },
      ],
    },
    ask: { action: 'r' },
    before: (_, kernel) => kernel.decide({ action: 'r' }),
    code: 'budget_exhausted',
    retry: 'after',
  },
  'a budget for good': {
    rules: [rule('r', 'permit', { action: 'r' })],
    more: { budgets: [{ name: 'b', of: 'calls', max: 1 }] },
    ask: { action: 'r' },
    before: (_, kernel) => kernel.decide({ action: 'r' }),
    code: 'budget_exhausted',
    retry: 'never',
  },
  'office hours': {
    rules: [
      rule('t', 'permit', { action: 't', time: { between: '10:00-11:00', zone: 'Asia/Kolkata' } }),
    ],
    ask: { action: 't' },
    code: 'no_matching_rule',
    retry: 'after',
  },
  'a curfew': {
    rules: [
      rule('t', 'permit', { action: 't' }),
      rule('night', 'defer', { action: 't', time: { between: '22:00-08:30' } }),
    ],
    ask: { action: 't' },
    code: 'deferred',
    retry: 'after',
  },
  people: {
    rules: [rule('ask', 'require_approval', { action: 'ask' })],
    ask: { action: 'ask' },
    code: 'approval_required',
    retry: 'after_approval',
  },
  'a grant': {
    rules: [rule('g', 'permit', { action: 'g.do', grant: 'required' })],
    options: { capabilities: [{ ...CAPABILITY, id: 'cap.g', action: 'g.do' }] },
    ask: { action: 'g.do' },
    code: 'grant_required',
    retry: 'get_grant',
  },
  'a grant and a reason': {
    rules: [rule('g', 'permit', { action: 'g.do', grant: 'required', justification: { min: 20 } })],
    options: { capabilities: [{ ...CAPABILITY, id: 'cap.g', action: 'g.do' }] },
    ask: { action: 'g.do' },
    code: 'grant_required',
    retry: 'get_grant',
  },
  'what destroys': {
    rules: [rule('g', 'permit', { action: 'g.drop' })],
    options: {
      capabilities: [{ ...CAPABILITY, safety: 'destructive', id: 'cap.g', action: 'g.drop' }],
    },
    ask: { action: 'g.drop' },
    code: 'grant_required',
    retry: 'get_grant',
  },
  'a grant that nobody can have': {
    rules: [rule('g', 'permit', { action: 'g.do', grant: 'required' })],
    ask: { action: 'g.do' },
    code: 'grant_required',
    retry: 'never',
  },
  'too many actions': {
    rules: [rule('s', 'permit', { action: 's', session: { actions_max: 1 } })],
    ask: { action: 's' },
    before: (_, kernel) => kernel.decide({ action: 's' }),
    code: 'no_matching_rule',
    retry: 'new_session',
  },
  'a hard cap on the session': {
    rules: [rule('s', 'permit', { action: 's' })],
    more: { invariants: [{ name: 'few', session: { actions_max: 1 } }] },
    ask: { action: 's' },
    before: (_, kernel) => kernel.decide({ action: 's' }),
    code: 'invariant_violated',
    retry: 'new_session',
  },
  'a freeze': {
    rules: [rule('s', 'permit', { action: 's' })],
    ask: { action: 's' },
    before: ({ owner }) => owner.freeze(true, 'alarm'),
    lift: ({ owner }) => owner.freeze(false, 'over'),
    code: 'frozen',
    retry: 'after',
  },
  'a freeze of what is denied': {
    rules: [],
    ask: { action: 's' },
    before: ({ owner }) => owner.freeze(true, 'alarm'),
    code: 'frozen',
    retry: 'never',
  },
  'no rule at all': { rules: [], ask: { action: 's' }, code: 'no_matching_rule', retry: 'never' },
  'a rule for others': {
    rules: [rule('s', 'permit', { action: 's', principal: { roles: ['nobody-has-it'] } })],
    ask: { action: 's' },
    code: 'no_matching_rule',
    retry: 'never',
  },
  'a name that is none': {
    rules: [],
    ask: { action: 'NO' },
    code: 'invalid_action',
    retry: changed,
  },
};

describe('help', () => {
  for (const [name, row] of Object.entries(ROWS)) {
    it(`is true: ${name}`, async () => {
      for (const who of ['owner', 'agent'] as const) {
        const made = await world(row.rules, { visible: true, ...row.more }, row.options);
        const kernel = made[who];
        const { id: session } = await kernel.openSession();
        const inSession: Asked = { ...row.ask, session };
        const warm: Kernel = { ...kernel, decide: (asked) => kernel.decide({ ...asked, session }) };
        await row.before?.(made, warm);
        const refused = await kernel.decide(inSession);
        expect(permitted(refused)).toBe(false);
        const { help } = refused.decision;
        expect(help).toMatchObject({ code: row.code, retry: row.retry });
        expect(refused.decision.code).toBe(row.code);
        if (help === undefined || row.retry === 'never' || row.code === 'invalid_action') continue;
        await row.lift?.(made);
        const then = await follow(made, kernel, inSession, help);
        expect(then.decision).toMatchObject({ effect: expect.stringMatching(/permit|modify/) });
        expect(then.decision.help).toBeUndefined();
      }
    });
  }

  it('is true of every value that it says is permitted', async () => {
    const bound = fc.integer({ min: -20, max: 20 });
    const tests = fc.oneof(
      fc.record({ min: bound, max: bound }),
      fc.record({ over: bound }),
      fc.record({ under: bound }),
      fc.record({ eq: bound }),
      fc.record({ in: fc.uniqueArray(bound, { minLength: 1, maxLength: 4 }) }),
      fc.record({ not_in: fc.uniqueArray(bound, { minLength: 1, maxLength: 4 }) }),
    );
    const one = fc.record({
      effect: fc.constantFrom('permit', 'permit', 'deny', 'defer', 'require_approval'),
      priority: fc.constantFrom(10, 100),
      params: fc.oneof(
        fc.record({ '/a': tests }),
        fc.record({ '/b': tests }),
        fc.record({ '/a': tests, '/b': tests }),
      ),
      other: fc.boolean(),
    });
    let followed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { minLength: 1, maxLength: 5 }),
        fc.option(fc.record({ max: bound }), { nil: undefined }),
        bound,
        bound,
        fc.array(bound, { minLength: 6, maxLength: 6 }),
        async (written, cap, a, b, values) => {
          const rules = written.map(({ effect, priority, params, other }, index) => ({
            name: `r${index}`,
            effect,
            priority,
            when: {
              action: 'x',
              params: effect === 'permit' && other ? { ...params, other: 'any' } : params,
            },
          })) as unknown as Json;
          const more: JsonObject =
            cap === undefined
              ? {}
              : { invariants: [{ name: 'cap', action: 'x', param: '/a', ...cap }] };
          let made: World;
          try {
            made = await world(rules, more);
          } catch {
            // The lint refuses a deny that a permit covers.
            return;
          }
          const asked: Asked = { action: 'x', params: { a, b } };
          const { decision } = await made.owner.decide(asked);
          const { help } = decision;
          if (help?.retry !== 'change_arguments') return;
          followed += 1;
          expect(permitted(await follow(made, made.owner, asked, help))).toBe(true);
          if (help.arguments?.some(({ partial }) => partial === true)) return;
          for (const value of values) {
            const fits = help.arguments?.every(({ argument, permitted: all = [], unless = [] }) => {
              if (argument === '/params') return true;
              if (all.some(({ present }) => present === false)) return true;
              const holds = (of: JsonObject) => paramTest(of as ParamTests, true)(value) === TRUE;
              return all.every(holds) && !unless.some(holds);
            });
            if (fits !== true) continue;
            const then = await follow(made, made.owner, asked, help, () => value);
            expect(then.decision).toMatchObject({ effect: 'permit' });
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(followed).toBeGreaterThan(20);
  });

  it('names no argument that its rule would refuse, though a hard cap is on it', async () => {
    const { owner } = await world(
      [
        pay({ '/b': { under: 0 } }),
        rule('open', 'permit', {
          action: 'pay',
          params: { '/a': { over: 0 }, other: 'any' },
        }),
      ],
      { invariants: [{ name: 'cap', action: 'pay', param: '/a', max: 1 }] },
    );
    const { decision } = await owner.decide({ action: 'pay', params: { a: 2, b: 0 } });
    expect(decision.help?.arguments).toEqual([
      expect.objectContaining({ argument: '/params/a', permitted: [{ over: 0 }, { max: 1 }] }),
    ]);
  });

  it('is true of paths below what it names, and says what is not', async () => {
    const made = await world([
      rule('read', 'permit', { action: 'fs.read', resource: ['/workspace/**', '/data/*.csv'] }),
      rule('hidden', 'deny', { action: 'fs.read', resource: ['**/.*', '**/secrets/**'] }),
    ]);
    const asked: Asked = { action: 'fs.read', resource: '/etc/passwd' };
    const { help } = (await made.owner.decide(asked)).decision;
    const told = help?.arguments?.[0];
    const within = (tests: readonly JsonObject[] = [], path: string): boolean =>
      tests.some(({ glob }) =>
        compileResource({ patterns: glob as string[], ignoreCase: false, strict: false })(path),
      );
    const part = fc.constantFrom('workspace', 'data', 'a.csv', '.env', 'secrets', 'x', 'etc');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async (parts) => {
        const resource = `/${parts.join('/')}`;
        const says = within(told?.permitted, resource) && !within(told?.unless, resource);
        const then = await made.owner.decide({ action: 'fs.read', resource });
        expect(permitted(then)).toBe(says);
      }),
    );
  });

  it('costs a permitted action nothing, and says nothing of one', async () => {
    const { owner } = await world([rule('all', 'permit', { action: 'x' })]);
    const { decision } = await owner.decide({ action: 'x' });
    expect(Object.keys(decision)).not.toContain('help');
  });

  it('is nothing where a token, a proof and what was read stand in the way of knowing', async () => {
    const made = await world([
      rule('mail', 'permit', {
        action: 'mail',
        params: { '/to': { glob: 'a/*' } },
        flow: { tainted: false },
      }),
    ]);
    const { help } = (await made.owner.decide({ action: 'mail', params: { to: 'b' } })).decision;
    // What else fits may fare otherwise, and that is said.
    expect(help).toMatchObject({
      retry: 'change_arguments',
      arguments: [{ permitted: [{ glob: 'a/*' }], partial: true, example: 'a/x' }],
    });
  });
});

describe('to who may not read the policy', () => {
  const CANARY = 'sk-live-4f9a8b7c6d5e4f3a2b1c';
  const hidden = [
    rule(
      'rule-name-canary',
      'permit',
      {
        action: 'pay',
        params: { '/amount': { max: 4_242 }, '/to': { in: ['policy-value-canary'] } },
      },
      { reason: 'rule-reason-canary' },
    ),
    rule('deny-name-canary', 'deny', { action: 'pay', params: { '/amount': { eq: 1_717 } } }),
    rule('hours-canary', 'permit', { action: 'night', time: { between: '03:33-03:34' } }),
    rule('long-canary', 'permit', { action: 'write', justification: { min: 37 } }),
  ];
  const asks: Asked[] = [
    { action: 'pay', params: { amount: 9_000, to: CANARY } },
    { action: 'pay', params: { amount: 1_717, to: CANARY, [CANARY]: CANARY } },
    { action: 'pay', resource: CANARY, params: {} },
    { action: 'night', params: { note: CANARY } },
    { action: 'write', justification: CANARY },
    { action: 'nothing', resource: CANARY },
    { action: 'pay', params: { amount: 'x' }, session: CANARY },
  ];

  it('it says nothing of what rules say, nor of what was asked for', async () => {
    const { agent, owner } = await world(hidden);
    for (const asked of asks) {
      const { decision } = await agent.decide(asked);
      const { help } = decision;
      expect(help?.retry).toBeDefined();
      const mine = await agent.explain(decision.id);
      for (const answer of [decision, mine]) {
        expect(JSON.stringify(answer)).not.toContain('canary');
        // Ids and commitments hold any digits.
        expect(JSON.stringify(answer.help ?? {})).not.toMatch(/4242|1717|03:3|37/);
      }
      expect(JSON.stringify(help)).not.toContain(CANARY);
      const journal = await agent.journal({ id: decision.id });
      expect(
        JSON.stringify(journal.records.map(({ unmet, help: told }) => [unmet, told])),
      ).not.toMatch(/canary|4242/);
      const theirs = await owner.decide(asked);
      expect(JSON.stringify(theirs.decision.help)).not.toContain(CANARY);
    }
  });

  it('a rule that is hidden is told to nobody, though others are not', async () => {
    const { agent, owner } = await world([
      rule(
        'shown',
        'permit',
        { action: 'pay', params: { '/amount': { max: 100 } } },
        { visible: true },
      ),
      rule('not', 'deny', { action: 'pay', params: { '/amount': { eq: 77 } } }),
      rule(
        'low',
        'permit',
        { action: 'low', params: { '/amount': { max: 100 } } },
        { visible: true },
      ),
      rule('lower', 'permit', { action: 'low', params: { '/amount': { max: 10 } } }),
    ]);
    const of = async (kernel: Kernel, action: string) =>
      (await kernel.decide({ action, params: { amount: 500 } })).decision.help;
    // That something is left out is told, and not what.
    expect(await of(agent, 'pay')).toEqual({
      code: 'no_matching_rule',
      retry: 'change_arguments',
      arguments: [
        { argument: '/params/amount', permitted: [{ max: 100 }], partial: true, example: 100 },
      ],
    });
    expect(await of(owner, 'pay')).toMatchObject({ arguments: [{ unless: [{ eq: 77 }] }] });
    expect(await of(agent, 'low')).toMatchObject({ arguments: [{ permitted: [{ max: 100 }] }] });
  });

  const STOPS: Record<string, (made: World, session: string) => Promise<JsonObject>> = {
    'in quarantine': async ({ owner }, session) => {
      await owner.quarantine(session, 'frozen', 'odd');
      return { session };
    },
    'in a freeze': async ({ owner }, session) => {
      await owner.freeze(true, 'alarm');
      return { session };
    },
    'in a session that is over': async ({ agent }, session) => {
      await agent.closeSession(session);
      return { session };
    },
    'with a token that is none': async () => ({ token: 'pcg1.none' }),
  };
  for (const [name, stop] of Object.entries(STOPS))
    it(`what else stops it tells nothing of hidden rules either: ${name}`, async () => {
      const capability = { ...CAPABILITY, id: 'cap.pay', action: 'pay' };
      const rules = [...hidden, rule('shown', 'permit', { action: 'shown' }, { visible: true })];
      const made = await world(rules, {}, { capabilities: [capability] });
      const { id } = await made.agent.openSession();
      const more = await stop(made, id);
      const told = new Set<string>();
      for (const asked of [
        { action: 'pay', params: { amount: 1, to: 'policy-value-canary' } },
        { action: 'pay', params: { amount: 9_000, to: 'policy-value-canary' } },
        { action: 'nothing' },
      ]) {
        const { decision } = await made.agent.decide({ ...asked, ...more });
        expect(decision.effect).toBe('deny');
        told.add(JSON.stringify(decision.help));
      }
      expect([...told]).toHaveLength(1);
    });

  it('says that a reason is missing, and not how long it has to be', async () => {
    const { agent } = await world(hidden);
    const { help } = (await agent.decide({ action: 'write' })).decision;
    expect(help).toEqual({
      code: 'justification_required',
      retry: 'change_arguments',
      arguments: [{ argument: '/justification' }],
    });
  });

  it('a capability that it could not be granted is not named', async () => {
    const capability = { ...CAPABILITY, id: 'cap.hidden', action: 'g.do' };
    const { agent, owner } = await world(
      [rule('g', 'permit', { action: 'g.do', grant: 'required', principal: { id: 'owner' } })],
      {},
      { capabilities: [capability] },
    );
    const of = async (kernel: Kernel) => (await kernel.decide({ action: 'g.do' })).decision.help;
    expect(await of(agent)).toMatchObject({ retry: 'never' });
    expect(await of(owner)).toMatchObject({ retry: 'get_grant', capability: 'cap.hidden' });
  });
});

describe('in place of a token that is of no use', () => {
  const when = {
    action: 'g.do',
    grant: 'required',
    justification: { min: 20 },
    params: { '/amount': { max: 50 } },
  };
  const reason = 'the cup came in pieces';
  const granted = (agent: Kernel, constraints: JsonObject) =>
    agent.grant({ capability: 'cap.g', justification: reason, constraints: constraints as never });
  const made = () =>
    world(
      [rule('g', 'permit', when)],
      { visible: true },
      { capabilities: [{ ...CAPABILITY, id: 'cap.g', action: 'g.do', safety: 'read' }] },
    );

  it.each([
    ['used up', 'token_exhausted', { uses: 1 }, 30],
    ['over', 'token_expired', { ttl: 60 }, 30],
    ['narrower', 'token_scope', { params: { '/amount': { max: 20 } } }, 30],
    ['narrower, for more than the rule lets through', 'token_scope', { uses: 5, keys: [] }, 60],
  ])('one that is %s: another grant, with a reason again', async (_, code, constraints, amount) => {
    const of = await made();
    const token = (await granted(of.agent, constraints as never)).token as string;
    const asked = { action: 'g.do', params: { amount } };
    if (code === 'token_exhausted') await of.agent.decide({ ...asked, token });
    if (code === 'token_expired') of.clock.now += 61_000;
    const { decision } = await of.agent.decide({ ...asked, token });
    expect([decision.code, decision.help?.retry]).toEqual([code, 'get_grant']);
    const help = decision.help as Help;
    expect(help).toMatchObject({ code, capability: 'cap.g' });
    const about = help.arguments?.map(({ argument }) => argument).sort();
    expect(about).toEqual(amount > 50 ? ['/justification', '/params/amount'] : ['/justification']);
    const told = help.arguments?.map((one) =>
      one.argument === '/justification' ? { ...one, example: reason } : one,
    );
    const again = { ...help, ...(told === undefined ? {} : { arguments: told }) };
    expect(permitted(await follow(of, of.agent, asked, again))).toBe(true);
  });

  it('the capability that it was for, whose arguments these are', async () => {
    const action = 'g.do';
    const capabilities = [
      { ...CAPABILITY, id: 'cap.a', action, safety: 'read' as const },
      { ...CAPABILITY, id: 'cap.b', action, safety: 'read' as const, resource_from: 'to' },
    ];
    const { agent } = await world(
      [rule('g', 'permit', { action })],
      { visible: true },
      { capabilities },
    );
    for (const capability of ['cap.a', 'cap.b']) {
      const args = capability === 'cap.a' ? {} : { to: 'bob' };
      const grant = async () =>
        (await agent.grant({ capability, constraints: { uses: 1 } })).token as string;
      const token = await grant();
      expect((await agent.invoke({ token, args })).decision.code).toBe('permitted');
      const { help } = (await agent.invoke({ token, args })).decision;
      expect(help).toEqual({ code: 'token_exhausted', retry: 'get_grant', capability });
      expect((await agent.invoke({ token: await grant(), args })).decision.code).toBe('permitted');
    }
  });

  it('none where no grant would help', async () => {
    const of = await world(
      [rule('g', 'permit', { ...when, principal: { roles: ['support'] } })],
      { visible: true },
      { capabilities: [{ ...CAPABILITY, id: 'cap.g', action: 'g.do', safety: 'read' }] },
    );
    const token = (await granted(of.owner, {})).token;
    expect(token).toBeUndefined();
    const { decision } = await of.owner.decide({ action: 'g.do', token: 'pg1.none' });
    expect(decision).toMatchObject({ code: 'token_invalid', help: { retry: 'never' } });
  });
});
