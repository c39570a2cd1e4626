/** The kernel as its users meet it: real files, a real journal, a restart, a crash between intent and outcome. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel, Result } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreateKernelOptions } from './host.ts';
import { createKernel } from './kernel.ts';
import { type Provider, ProviderError } from './provider/types.ts';

let folder: string;
let open: Kernel[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-kernel-'));
  mkdirSync(join(folder, 'work'));
  writeFileSync(join(folder, 'work', 'a.txt'), 'hello');
  open = [];
});
afterEach(async () => {
  for (const kernel of open) await kernel.close();
  rmSync(folder, { recursive: true, force: true });
});

async function kernel(options: CreateKernelOptions = {}): Promise<Kernel> {
  const made = await createKernel({
    dataDir: join(folder, 'data'),
    startDir: join(folder, 'work'),
    builtins: ['fs'],
    ...options,
  });
  open.push(made);
  return made;
}

const permitAll = (action: string, more: object = {}) =>
  ({ version: 1, rules: [{ name: 'all', effect: 'permit', when: { action }, ...more }] }) as never;

/** What the segments hold at this moment. */
function journalText(): string {
  const dir = join(folder, 'data', 'journal');
  const segments = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  return segments.map((name) => readFileSync(join(dir, name), 'utf8')).join('');
}

/** A provider whose action does what the test says. */
function provider(run: Provider['execute'], name = 'thing.do'): Provider {
  const definition = {
    name,
    resource: 'other',
    params: { type: 'object' },
    effect: 'write',
  } as const;
  return { family: 'thing', actions: [definition], execute: run };
}

describe('a call', () => {
  it('is decided, journaled, run, framed and explained', async () => {
    const k = await kernel();
    const result = await k.submit({ action: 'fs.read', resource: 'a.txt' });
    expect(result).toMatchObject({
      decision: { effect: 'permit', code: 'permitted' },
      outcome: { status: 'ok' },
      frame: { data: 'hello' },
      action: { name: 'fs.read', resource: { kind: 'fs', value: join(folder, 'work', 'a.txt') } },
    });
    const explained = await k.explain(result.decision.id);
    expect(explained).toMatchObject({ effect: 'permit', outcome: { status: 'ok' } });
    expect(explained.records?.map((record) => record.kind)).toEqual(['decision', 'outcome']);
  });

  it('outside the start directory is denied, with a remedy, and leaves one record', async () => {
    const k = await kernel();
    const result = await k.submit({ action: 'fs.read', resource: '/etc/shadow' });
    expect(result).toMatchObject({
      decision: { effect: 'deny', code: 'no_matching_rule' },
      outcome: { status: 'not_executed' },
    });
    expect(result.decision.remedy).toBeTruthy();
    expect(result.frame).toBeUndefined();
    const { records } = await k.journal({ id: result.decision.id });
    expect(records.map((record) => record.kind)).toEqual(['decision']);
  });

  it.each([
    [{}, 'malformed_request'],
    [{ action: 7 }, 'malformed_request'],
    [{ action: 'FS.READ' }, 'invalid_action'],
    [{ action: 'fs.read', resource: 'a', colour: 1 }, 'unknown_field'],
    [{ action: 'fs.read', resource: 'a', params: { path: 'b' } }, 'restated_resource'],
    [{ action: 'fs.read', resource: 'a', params: { colour: 'b' } }, 'invalid_params'],
    [{ action: 'fs.read', resource: 'a', session: 'ses_nobody' }, 'unknown_session'],
    [null, 'malformed_request'],
    ['text', 'malformed_request'],
  ])('as %j is refused as %s, and that is a record too', async (request, code) => {
    const k = await kernel();
    const before = (await k.status()).journal.seq;
    const result = await k.submit(request as never);
    expect(result.decision).toMatchObject({ effect: 'deny', code });
    expect(result.action).toBeUndefined();
    const { records } = await k.journal({ id: result.decision.id });
    expect(records).toHaveLength(1);
    expect((await k.status()).journal.seq).toBeGreaterThan(before);
  });

  it('that the policy permits and nobody executes says no_provider', async () => {
    const k = await kernel({ policy: permitAll('issue_refund') });
    expect(await k.submit({ action: 'issue_refund' })).toMatchObject({
      decision: { effect: 'permit' },
      outcome: { status: 'not_executed', error: { code: 'no_provider' } },
    });
  });

  it('cannot be changed by the caller once it was handed in', async () => {
    let ran: unknown;
    let go = (): void => {};
    const reached = new Promise<void>((resolve) => {
      go = resolve;
    });
    const k = await kernel({
      policy: permitAll('thing.do', {
        when: { action: 'thing.do', params: { '/amount': { max: 10 } } },
      }),
      providers: [
        provider(async (action) => {
          await reached;
          ran = action.params;
          return { data: null, labels: [] };
        }),
      ],
    });
    const params = { amount: 5 };
    const pending = k.submit({ action: 'thing.do', params });
    params.amount = 5_000;
    go();
    await pending;
    expect(ran).toEqual({ amount: 5 });
  });
});

describe('promise 3: intent before effect', () => {
  it('the intent is in the file before the provider runs, the outcome after', async () => {
    let seen = '';
    const k = await kernel({
      policy: permitAll('thing.do'),
      providers: [
        provider((_, { actionId }) => {
          seen = journalText()
            .split('\n')
            .filter((line) => line.includes(actionId))
            .join('\n');
          return { data: null, labels: [] };
        }),
      ],
    });
    const { decision } = await k.submit({ action: 'thing.do' });
    expect(seen).toContain('"kind":"decision"');
    expect(seen).not.toContain('"kind":"outcome"');
    const { records } = await k.journal({ id: decision.id });
    expect(records.map((record) => record.kind)).toEqual(['decision', 'outcome']);
  });

  it.each([
    ['a refusal', new ProviderError('outside_permit', 'no'), 'not_executed'],
    ['a fault', new Error('boom'), 'error'],
  ])('%s of the provider is an outcome', async (_, thrown, status) => {
    const k = await kernel({
      policy: permitAll('thing.do'),
      providers: [
        provider(() => {
          throw thrown;
        }),
      ],
    });
    const result = await k.submit({ action: 'thing.do' });
    expect(result.outcome.status).toBe(status);
    expect((await k.explain(result.decision.id)).outcome?.status).toBe(status);
  });
});

describe('a rate', () => {
  it('of 50 lets exactly 50 of 51 at once through, and still holds after a restart', async () => {
    const policy = permitAll('thing.do', {
      when: { action: 'thing.do', rate: { max: 50, per: '24h', by: ['principal', 'action'] } },
    });
    const options = { policy, providers: [provider(async () => ({ data: null, labels: [] }))] };
    const k = await kernel(options);
    const results = await Promise.all(
      Array.from({ length: 51 }, () => k.submit({ action: 'thing.do' })),
    );
    expect(results.filter((result) => result.decision.effect === 'permit')).toHaveLength(50);
    expect(results.find((result) => result.decision.effect === 'deny')?.decision.code).toBe(
      'rate_limited',
    );
    await k.close();
    const again = await kernel(options);
    expect((await again.submit({ action: 'thing.do' })).decision.code).toBe('rate_limited');
  });
});

describe('an idempotency key', () => {
  const options = (ran: { times: number }): CreateKernelOptions => ({
    policy: permitAll('thing.do'),
    providers: [
      provider(async () => {
        ran.times += 1;
        return { data: { times: ran.times }, labels: [] };
      }),
    ],
  });
  const call = { action: 'thing.do', idempotency_key: 'k1' };

  it('runs once for equals at once, equals later, and equals after a restart', async () => {
    const ran = { times: 0 };
    const k = await kernel(options(ran));
    const both = await Promise.all([k.submit(call), k.submit(call)]);
    const later = await k.submit(call);
    await k.close();
    const restarted = await (await kernel(options(ran))).submit(call);
    expect(ran.times).toBe(1);
    for (const result of [...both, later, restarted])
      expect(result.frame?.data).toEqual({ times: 1 });
    expect([both[1]?.replayed, later.replayed, restarted.replayed]).toEqual([true, true, true]);
  });

  it('belongs to one action', async () => {
    const ran = { times: 0 };
    const k = await kernel(options(ran));
    await k.submit(call);
    expect((await k.submit({ ...call, params: { other: 1 } })).decision.code).toBe(
      'idempotency_conflict',
    );
    expect(ran.times).toBe(1);
  });

  it('is free again where nothing reached a provider', async () => {
    const k = await kernel({ policy: permitAll('other.do') });
    expect((await k.submit(call)).decision.effect).toBe('deny');
    expect((await k.submit(call)).replayed).toBeUndefined();
  });
});

describe('a tool that the host executes', () => {
  const policy = permitAll('issue_refund');

  it('gets a permit, is redeemed once, reported once', async () => {
    const k = await kernel({ policy });
    const { permit, action, decision } = await k.decide({
      action: 'issue_refund',
      params: { amount: 5 },
    });
    if (permit === undefined || action === undefined) throw new Error('no permit');
    expect(await k.verifyPermit({ permit, action })).toMatchObject({ valid: true });
    expect(
      await k.verifyPermit({ permit, action: { ...action, params: { amount: 6 } } }),
    ).toMatchObject({ code: 'permit_mismatch' });
    // An executor's own object, which it fills anew for each.
    const filled = { ...action, resource: { ...action.resource } };
    expect(await k.verifyPermit({ permit, action: filled })).toMatchObject({ valid: true });
    filled.resource.value = 'something else';
    expect(await k.verifyPermit({ permit, action: filled })).toMatchObject({
      code: 'permit_mismatch',
    });
    const named = { ...action, name: [action.name] };
    const valued = { ...action, resource: { ...action.resource, value: [action.resource.value] } };
    for (const odd of [named, valued, { ...action, resource: undefined }, {}, null, 'issue_refund'])
      expect(await k.verifyPermit({ permit, action: odd as never })).toMatchObject({
        code: 'permit_mismatch',
      });
    expect(await k.verifyPermit({ permit, audience: 'elsewhere' })).toMatchObject({
      code: 'permit_mismatch',
    });
    const redeemed = await Promise.all([k.redeemPermit({ permit }), k.redeemPermit({ permit })]);
    expect(redeemed.map((status) => status.code).sort()).toEqual(['permit_ok', 'permit_used']);
    const answer = await k.report({ permit, status: 'ok', result: { refunded: 5 } });
    expect(answer).toMatchObject({
      id: decision.id,
      outcome: { status: 'ok' },
      unredeemed: false,
      frame: { data: { refunded: 5 } },
    });
    await expect(k.report({ permit, status: 'ok' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is not_reported when nobody reports, and its permit expires', async () => {
    let now = Date.now();
    const k = await kernel({ policy, now: () => now, permitTtl: 1_000, reportWithin: 1_000 });
    const { permit, decision } = await k.decide({ action: 'issue_refund' });
    now += 1_500;
    expect(await k.redeemPermit({ permit: permit ?? '' })).toMatchObject({
      code: 'permit_expired',
    });
    now += 1_500;
    await expect
      .poll(async () => (await k.explain(decision.id)).outcome?.status)
      .toBe('not_reported');
    expect((await k.status()).unknown).toBe(1);
    await k.resolve(decision.id, 'not');
    expect((await k.status()).unknown).toBe(0);
  });

  it('a pure check gets no permit and holds nothing', async () => {
    const k = await kernel({ policy });
    const result = await k.decide({ action: 'issue_refund', execution: 'none' });
    expect(result.decision.effect).toBe('permit');
    expect(result.permit).toBeUndefined();
  });
});

describe('freeze', () => {
  it('denies everything until it is lifted, across restarts', async () => {
    const k = await kernel();
    const read = (on: Kernel): Promise<Result> =>
      on.submit({ action: 'fs.read', resource: 'a.txt' });
    await k.freeze(true, 'incident');
    expect((await read(k)).decision.code).toBe('frozen');
    await k.close();
    const again = await kernel();
    expect((await read(again)).decision.code).toBe('frozen');
    await again.freeze(false, 'over');
    expect((await read(again)).decision.effect).toBe('permit');
  });
});

describe('observe mode', () => {
  it('runs what would be denied, and says so', async () => {
    const k = await kernel({ mode: 'observe', policy: { version: 1, rules: [] } });
    expect(await k.submit({ action: 'fs.read', resource: 'a.txt' })).toMatchObject({
      mode: 'observe',
      decision: { effect: 'permit', would: { effect: 'deny', code: 'no_matching_rule' } },
      outcome: { status: 'ok' },
    });
  });

  it('makes permits that a verifier refuses unless it asks for them', async () => {
    const k = await kernel({ mode: 'observe', policy: { version: 1, rules: [] } });
    const { permit = '' } = await k.decide({ action: 'issue_refund' });
    expect((await k.verifyPermit({ permit })).valid).toBe(false);
    expect((await k.verifyPermit({ permit, accept_observed: true })).valid).toBe(true);
  });
});

describe('sessions', () => {
  it('bear what their results were labelled, though a provider fills the same label anew for each', async () => {
    const label = {
      source: 'web',
      origin: 'strangers',
      integrity: 'untrusted' as 'trusted' | 'untrusted',
      confidentiality: 'secret' as const,
    };
    const provider: Provider = {
      family: 'page',
      actions: [{ name: 'page.read', resource: 'other', params: {}, effect: 'read' }],
      execute: () => ({ data: 'read', labels: [label] }),
    };
    const k = await kernel({ providers: [provider], policy: permitAll('page.*') });
    const { id: session } = await k.openSession();
    const { frame } = await k.submit({ action: 'page.read', session });
    label.integrity = 'trusted';
    expect(frame?.labels).toMatchObject([{ integrity: 'untrusted' }]);
    await k.submit({ action: 'page.read', session });
    expect((await k.session(session)).labels).toContainEqual({ ...label, integrity: 'untrusted' });
  });

  it('are counted, bear labels, survive a restart, and end', async () => {
    const k = await kernel();
    const { id } = await k.openSession({ label: 'one' });
    await k.submit({ action: 'fs.read', resource: 'a.txt', session: id });
    await k.submit({ action: 'fs.read', resource: '/etc/shadow', session: id });
    const before = await k.session(id);
    expect(before).toMatchObject({ actions: 2, denied: 1, label: 'one', status: 'open' });
    expect(before.labels.length).toBeGreaterThan(0);
    await k.close();
    const again = await kernel();
    expect(await again.session(id)).toEqual(before);
    await again.closeSession(id);
    expect(
      (await again.submit({ action: 'fs.read', resource: 'a.txt', session: id })).decision.code,
    ).toBe('session_closed');
  });

  it('in quarantine may at most read what is local', async () => {
    const k = await kernel({ policy: permitAll('fs.*') });
    const { id } = await k.openSession();
    const read = { action: 'fs.read', resource: 'a.txt', session: id };
    await k.quarantine(id, 'read_only', 'odd');
    expect((await k.submit(read)).decision.effect).toBe('permit');
    expect(
      (
        await k.submit({
          action: 'fs.write',
          resource: 'b.txt',
          params: { content: 'x' },
          session: id,
        })
      ).decision.code,
    ).toBe('session_quarantined');
    await k.quarantine(id, 'frozen', 'odder');
    expect((await k.submit(read)).decision.code).toBe('session_quarantined');
    await expect(k.quarantine(id, 'none', 'looked at')).rejects.toMatchObject({
      code: 'self_approval',
    });
    expect((await k.submit(read)).decision.code).toBe('session_quarantined');
  });
});

describe('a second kernel on one data directory', () => {
  it('says so and does not start', async () => {
    await kernel();
    await expect(kernel()).rejects.toMatchObject({ code: 'already_running' });
  });
});

describe('the policy', () => {
  it('that does not load is refused, and the last good one stays', async () => {
    const k = await kernel();
    const before = await k.policy();
    await expect(k.replacePolicy('version: 1\nrulez: []')).rejects.toMatchObject({
      code: 'invalid_policy',
    });
    expect((await k.policy()).digest).toBe(before.digest);
  });

  it('replaced by an empty text is the kill switch, and the change is a record', async () => {
    const k = await kernel();
    const before = await k.policy();
    const after = await k.replacePolicy('');
    expect((await k.submit({ action: 'fs.read', resource: 'a.txt' })).decision.code).toBe(
      'no_matching_rule',
    );
    const { records } = await k.journal({ kind: 'state' });
    expect(records).toContainEqual(
      expect.objectContaining({ event: 'policy', from: before.digest, to: after.digest }),
    );
  });
});

describe('a kernel without a data directory', () => {
  it('decides, runs, explains and verifies in memory', async () => {
    const k = await createKernel({ startDir: join(folder, 'work'), builtins: ['fs'] });
    open.push(k);
    const result = await k.submit({ action: 'fs.read', resource: 'a.txt' });
    expect(result.frame?.data).toBe('hello');
    expect((await k.explain(result.decision.id)).effect).toBe('permit');
    expect((await k.verify()).ok).toBe(true);
    expect((await k.status()).durability).toBe('memory');
  });
});

it.each([
  [{ mode: 'enforced' }, 'mode is enforce or observe, not "enforced"'],
  [{ mode: '' }, 'mode is enforce or observe'],
  [{ durability: 'sync' }, 'durability is os or fsync'],
  [{ sandbox: 'on' }, 'sandbox is required or off'],
  [{ builtins: ['fss'] }, 'builtins is fs or proc or http'],
  [{ grants: { algorithm: 'none' } }, 'grants.algorithm is'],
  [{ polcy: { version: 1 } }, 'no option "polcy": did you mean policy?'],
  [{ zzz: 1 }, 'no option "zzz"; there are dataDir'],
])(
  'options that are none are refused, and never fall back to a default: %j',
  async (options, said) => {
    await expect(createKernel(options as never)).rejects.toThrow(said);
  },
);
