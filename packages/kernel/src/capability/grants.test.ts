import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  InvokeRequest,
  JsonObject,
  Kernel,
  KernelStatus,
  StreamFrame,
} from '@portcullis/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { jcs } from '../action/json/jcs.ts';
import type { Caller } from '../gate/guard.ts';
import type { CreateKernelOptions, HostOptions, KernelHost } from '../host.ts';
import { createKernel, openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import type { Provider } from '../provider/types.ts';
import { attenuate } from './token/token.ts';

const open: { close(): Promise<void> }[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const ALL = { version: 1, rules: [{ name: 'all', effect: 'permit', when: { action: 'mark' } }] };

/** An effect that can be counted; `mark` with `fail` fails after it happened. */
function marks() {
  const ran: JsonObject[] = [];
  const provider: Provider = {
    family: 'mark',
    actions: ['mark', 'other'].map((name) => ({
      name,
      resource: 'other',
      params: { type: 'object' },
      effect: 'write',
    })),
    execute: async ({ params }) => {
      ran.push({ ...params });
      if (params.fail === true) throw new Error('after it happened');
      return { data: { ran: ran.length }, labels: [] };
    },
  };
  return { ran, provider };
}

async function kernelOf(options: Partial<CreateKernelOptions> = {}) {
  const { ran, provider } = marks();
  const kernel = await createKernel({
    builtins: [],
    providers: [provider],
    policy: ALL as never,
    ...options,
  });
  open.push(kernel);
  return { kernel, ran };
}

async function hostOf(options: Partial<HostOptions> = {}) {
  const { ran, provider } = marks();
  const host = await openHost({
    builtins: [],
    providers: [provider],
    policy: ALL as never,
    ...options,
  });
  open.push(host);
  return { host, ran };
}

const as = (host: KernelHost, id: string, more: Partial<Caller> = {}): Kernel => {
  const owner = ownerCaller({ id });
  return host.as({ ...owner, credential: id, ...more });
};

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'portcullis-grants-'));
  folders.push(made);
  return made;
};

async function granted(kernel: Kernel, constraints = {}, more = {}): Promise<string> {
  const answer = await kernel.grant({ capability: 'mark', constraints, ...more });
  expect(answer.decision.code).toBe('permitted');
  return answer.token as string;
}

const codeOf = async (answer: Promise<{ decision: { code: string } }>): Promise<string> =>
  (await answer).decision.code;

test('a thousand callers on ten uses: exactly ten', async () => {
  const { kernel, ran } = await kernelOf();
  const token = await granted(kernel);
  const results = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) =>
      i % 3 === 0
        ? kernel.submit({ action: 'mark', token })
        : i % 3 === 1
          ? kernel.decide({ action: 'mark', token })
          : kernel.invoke({ token }),
    ),
  );
  const codes = results.map(({ decision }) => decision.code);
  expect(codes.filter((code) => code === 'permitted')).toHaveLength(10);
  expect(codes.filter((code) => code === 'token_exhausted')).toHaveLength(990);
  expect(ran.length).toBeLessThanOrEqual(10);
  expect((await kernel.grants()).grants[0]?.used).toBe(10);
});

test('what failed after it may have happened, or in nobody knows what way, stays spent and goes to no second provider', async () => {
  const { kernel, ran } = await kernelOf();
  const token = await granted(kernel, { uses: 2 });
  const result = await kernel.invoke({ token, args: { fail: true } });
  expect(result.outcome.status).toBe('error');
  expect(await codeOf(kernel.invoke({ token }))).toBe('permitted');
  expect(await codeOf(kernel.invoke({ token }))).toBe('token_exhausted');
  expect(ran).toHaveLength(2);
});

test('refused by any stage after the token: the use is given back', async () => {
  const rules = [
    {
      name: 'small',
      effect: 'permit',
      when: { action: 'mark', params: { '/n': { max: 5, min: 0 } } },
    },
    {
      name: 'ask',
      effect: 'require_approval',
      when: { action: 'mark', params: { '/n': { eq: 7 } } },
    },
    { name: 'later', effect: 'defer', when: { action: 'mark', params: { '/n': { eq: 8 } } } },
  ];
  const { kernel } = await kernelOf({ policy: { version: 1, rules } as never });
  const token = await granted(kernel, { uses: 1 });
  for (const n of [6, 7, 8, 6, 7, 8])
    expect(await codeOf(kernel.invoke({ token, args: { n } }))).not.toBe('permitted');
  expect(await codeOf(kernel.invoke({ token, args: { n: 1 } }))).toBe('permitted');
  expect(await codeOf(kernel.invoke({ token, args: { n: 1 } }))).toBe('token_exhausted');
});

test('a rule that changes the action changes it within the grant, and takes one use', async () => {
  const change = {
    name: 'cap',
    effect: 'modify',
    // biome-ignore lint/suspicious/noThenProperty: rules have a then.
    then: { set: { '/n': { cap: 10 } } },
    when: { action: 'mark', params: { other: 'any' } },
  };
  const { kernel, ran } = await kernelOf({ policy: { version: 1, rules: [change] } as never });
  const wide = await granted(kernel, { uses: 1 });
  expect(await codeOf(kernel.invoke({ token: wide, args: { n: 50 } }))).toBe('modified');
  expect(ran).toEqual([{ n: 10 }]);
  expect(await codeOf(kernel.invoke({ token: wide, args: { n: 50 } }))).toBe('token_exhausted');
  // What the rule makes of it is no longer what the token is for.
  const narrow = await granted(kernel, { params: { '/n': { min: 20 } } });
  expect(await codeOf(kernel.invoke({ token: narrow, args: { n: 50 } }))).toBe('token_scope');
  expect((await kernel.grants()).grants.map(({ used }) => used)).toEqual([1, 0]);
});

test('roles come from the credential, not from the token or the arguments', async () => {
  const rules = [
    { name: 'admins', effect: 'permit', when: { action: 'mark', principal: { roles: ['admin'] } } },
  ];
  const { host } = await hostOf({ policy: { version: 1, rules } as never });
  const owner = ownerCaller({ id: 'bot' });
  const admin = host.as({ ...owner, principal: { ...owner.principal, roles: ['admin'] } });
  const plain = host.as({
    ...owner,
    credential: 'plain',
    principal: { ...owner.principal, roles: [] },
  });
  const token = await granted(admin);
  expect(await codeOf(admin.invoke({ token }))).toBe('permitted');
  expect(await codeOf(plain.invoke({ token }))).toBe('no_matching_rule');
  expect(await codeOf(plain.invoke({ token, args: { roles: ['admin'] } }))).toBe(
    'no_matching_rule',
  );
  const asserting = { token, context: { roles: ['admin'] } };
  const none = { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false };
  const humble = host.as({
    ...owner,
    credential: 'humble',
    principal: { ...owner.principal, roles: [] },
    mayAssert: none,
  });
  expect(await codeOf(humble.invoke(asserting))).toBe('assertion_not_allowed');
});

describe('another tenant, another user, another session', () => {
  test('of another tenant nothing is known', async () => {
    const { host } = await hostOf();
    const token = await granted(as(host, 'bot'));
    const away = as(host, 'bot', { tenant: 'away' });
    expect(await codeOf(away.invoke({ token }))).toBe('token_invalid');
    expect(await codeOf(away.submit({ action: 'mark', token }))).toBe('token_invalid');
    expect(await codeOf(away.grant({ token, delegate_to: 'x' }))).toBe('token_invalid');
    expect((await away.grants()).grants).toEqual([]);
    const { grants } = await as(host, 'bot').grants();
    await expect(away.revokeGrant(grants[0]?.id as string)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('granted for one user, it is used for no other', async () => {
    const { host } = await hostOf();
    const bot = as(host, 'bot');
    const alice = await bot.openSession({ on_behalf_of: 'alice' });
    const bob = await bot.openSession({ on_behalf_of: 'bob' });
    const token = await granted(bot, {}, { session: alice.id });
    expect(await codeOf(bot.invoke({ token, session: bob.id }))).toBe('token_scope');
    expect(await codeOf(bot.invoke({ token }))).toBe('token_scope');
    expect(await codeOf(bot.invoke({ token, session: alice.id }))).toBe('permitted');
  });
});

describe('proof of possession', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const proofKey = publicKey.export({ format: 'jwk' }).x as string;

  function proofOf(body: object, key: KeyObject = privateKey, at = Date.now(), nonce?: string) {
    const digest = createHash('sha256')
      .update(jcs(body as JsonObject))
      .digest('hex');
    const named = nonce ?? randomBytes(16).toString('base64url');
    const text = `portcullis/proof/v1\0${at}.${named}.${digest}`;
    return `${at}.${named}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
  }
  const proven = (request: InvokeRequest, ...how: [KeyObject?, number?, string?]) => ({
    ...request,
    proof: proofOf({ args: {}, ...request }, ...how),
  });

  test('of this request, now, once, by this key', async () => {
    const { kernel, ran } = await kernelOf();
    const token = await granted(kernel, { uses: 3 }, { proof_key: proofKey });
    const request = { token, args: { n: 1 } };
    expect(await codeOf(kernel.invoke(request))).toBe('proof_required');
    const good = proven(request);
    expect(await codeOf(kernel.invoke({ ...good, args: { n: 2 } }))).toBe('proof_invalid');
    expect(await codeOf(kernel.invoke({ ...good, justification: 'x' }))).toBe('proof_invalid');
    expect(await codeOf(kernel.invoke(good))).toBe('permitted');
    expect(await codeOf(kernel.invoke(good))).toBe('proof_invalid');
    const other = generateKeyPairSync('ed25519').privateKey;
    expect(await codeOf(kernel.invoke(proven(request, other)))).toBe('proof_invalid');
    for (const at of [Date.now() - 120_000, Date.now() + 120_000])
      expect(await codeOf(kernel.invoke(proven(request, privateKey, at)))).toBe('proof_invalid');
    for (const proof of ['x', '1.2.3', `${good.proof}A`, ' '])
      expect(await codeOf(kernel.invoke({ ...request, proof }))).toBe('proof_invalid');
    expect(ran).toHaveLength(1);
  });

  test('submit signs what it sends, and a caveat added later asks for a key too', async () => {
    const { kernel } = await kernelOf();
    const plain = await granted(kernel);
    const made = attenuate(plain, { proof_key: proofKey });
    if ('fault' in made) throw new Error(made.fault);
    const body = { action: 'mark', params: { n: 1 }, token: made.token };
    expect(await codeOf(kernel.submit(body))).toBe('proof_required');
    expect(await codeOf(kernel.submit({ ...body, proof: proofOf(body) }))).toBe('permitted');
    expect(await codeOf(kernel.invoke({ token: plain }))).toBe('permitted');
  });

  test('a stream is proven as any other request', async () => {
    const { kernel } = await kernelOf();
    const token = await granted(kernel, {}, { proof_key: proofKey });
    const last = async (frames: AsyncIterable<StreamFrame>) => {
      for await (const frame of frames) if (frame.final) return frame.result?.decision.code;
      return undefined;
    };
    const asked = { ...proven({ token, args: { n: 1 } }), stream: true };
    expect(await last(kernel.invokeStream(asked))).toBe('permitted');
    const body = { action: 'mark', params: { n: 1 }, token };
    const streamed = { ...body, proof: proofOf(body), stream: true };
    expect(await last(kernel.submitStream(streamed))).toBe('permitted');
  });

  test('a proof from before the start is a replay', async () => {
    let clock = 1_000_000_000_000;
    const { kernel } = await kernelOf({ now: () => clock });
    const token = await granted(kernel, {}, { proof_key: proofKey });
    const request = { token };
    expect(await codeOf(kernel.invoke(proven(request, privateKey, clock - 1)))).toBe(
      'proof_invalid',
    );
    clock += 10;
    expect(await codeOf(kernel.invoke(proven(request, privateKey, clock)))).toBe('permitted');
  });

  test('a proof of a clock that goes ahead is one after a restart too', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'portcullis-proof-'));
    let clock = 1_000_000_000_000;
    try {
      const { kernel: first } = await kernelOf({ now: () => clock, dataDir });
      const request = { token: await granted(first, {}, { proof_key: proofKey }) };
      const ahead = proven(request, privateKey, clock + 30_000);
      expect(await codeOf(first.invoke(ahead))).toBe('permitted');
      await first.close();
      for (const later of [1_000, 25_000]) {
        clock += later;
        // The second time from the state that the first one kept.
        const { kernel: again } = await kernelOf({ now: () => clock, dataDir });
        expect(await codeOf(again.invoke(ahead))).toBe('proof_invalid');
        await again.close();
      }
      clock += 10_000;
      const { kernel: last } = await kernelOf({ now: () => clock, dataDir });
      expect(await codeOf(last.invoke(proven(request, privateKey, clock)))).toBe('permitted');
      await last.close();
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

test('what is narrowed offline draws on the block and on the grant, whoever holds it', async () => {
  const { kernel } = await kernelOf();
  const token = await granted(kernel, { uses: 4 });
  const narrow = (from: string, caveats: object): string => {
    const made = attenuate(from, caveats);
    if ('fault' in made) throw new Error(made.fault);
    return made.token;
  };
  const two = narrow(token, { uses: 2 });
  const [a, b] = [narrow(two, { params: { '/a': { eq: 1 } } }), narrow(two, {})];
  expect(await codeOf(kernel.invoke({ token: a, args: { a: 1 } }))).toBe('permitted');
  expect(await codeOf(kernel.invoke({ token: b }))).toBe('permitted');
  expect(await codeOf(kernel.invoke({ token: b }))).toBe('token_exhausted');
  expect(await codeOf(kernel.invoke({ token: a, args: { a: 1 } }))).toBe('token_exhausted');
  // Delegated from the block: it draws on the block too.
  expect(await codeOf(kernel.invoke({ token }))).toBe('permitted');
  const child = await kernel.grant({ token: two, delegate_to: 'owner' });
  expect(await codeOf(kernel.invoke({ token: child.token as string }))).toBe('token_exhausted');
  expect(await codeOf(kernel.invoke({ token }))).toBe('permitted');
  expect(await codeOf(kernel.invoke({ token }))).toBe('token_exhausted');
});

test('too many delegations, too many grants, too many caveats: each a code', async () => {
  const { host } = await hostOf({ grants: { perPrincipal: 12 } });
  const kernel = as(host, 'bot');
  let token = await granted(kernel);
  for (let depth = 0; depth < 8; depth++) {
    const child = await kernel.grant({ token, delegate_to: 'bot' });
    token = child.token as string;
  }
  expect(await codeOf(kernel.grant({ token, delegate_to: 'bot' }))).toBe('grant_too_wide');
  for (let i = 0; i < 3; i++) await granted(kernel);
  expect(await codeOf(kernel.grant({ capability: 'mark' }))).toBe('grants_full');
  expect(await codeOf(as(host, 'other').grant({ capability: 'mark' }))).toBe('permitted');
  const keys = Array.from({ length: 64 }, (_, i) => 'k'.repeat(90) + i);
  const wide = as(host, 'wide').grant({ capability: 'mark', constraints: { keys } });
  await expect(
    wide.then(
      ({ decision }) => decision.code,
      (error) => error.code,
    ),
  ).resolves.toMatch(/too_(large|wide)/);
});

test('a part of a millisecond is no reason to refuse a shorter time', async () => {
  const { host } = await hostOf();
  const kernel = as(host, 'bot');
  const token = await granted(kernel);
  for (const ttl of [1.0005, 1e-9, 60.123_456])
    expect(await kernel.attenuate({ token, caveats: { ttl } })).toMatchObject({
      block: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
});

test("what one delegates to another takes its own room, not the other's, and under no name that of all", async () => {
  const { host } = await hostOf({ grants: { perPrincipal: 4, total: 100 } });
  const mallory = as(host, 'mallory');
  const { token } = await mallory.grant({ capability: 'mark' });
  const codes: string[] = [];
  for (let i = 0; i < 6; i++) {
    const to = i % 2 === 0 ? 'victim' : `name-${i}`;
    codes.push(await codeOf(mallory.grant({ token: token as string, delegate_to: to })));
  }
  expect(codes).toEqual([...Array(3).fill('permitted'), ...Array(3).fill('grants_full')]);
  for (let i = 0; i < 4; i++)
    expect(await codeOf(as(host, 'victim').grant({ capability: 'mark' }))).toBe('permitted');
});

test('records say what was granted and used, and no token, no secret', async () => {
  const { kernel } = await kernelOf();
  const secret = 'ghp_c4n4ryC4N4RYc4n4ryC4N4RYc4n4ry012345';
  const answer = await kernel.grant({
    capability: 'mark',
    constraints: { params: { '/key': { eq: secret } } },
    justification: `because of ${secret}`,
  });
  await kernel.invoke({ token: answer.token as string, args: { key: secret } });
  const { records } = await kernel.journal({ limit: 1_000 });
  const text = JSON.stringify(records);
  expect(text).not.toContain(secret);
  expect(text).not.toContain('pg1.');
  const grant = records.find((record) => record.action === 'portcullis.grant');
  expect(grant).toMatchObject({
    effect: 'permit',
    execution: 'none',
    issued: { id: answer.id, capability: 'mark', principal: 'owner', uses: 10 },
  });
  const use = records.find((record) => record.kind === 'decision' && record.action === 'mark');
  expect(use).toMatchObject({ grant: { id: answer.id } });
});

describe('over a restart, and over what retention drops', () => {
  test.each(['ed25519', 'hmac'] as const)('%s', async (algorithm) => {
    const dataDir = folder();
    const options = {
      dataDir,
      grants: { algorithm },
      segmentBytes: 16 * 1024,
      retention: { bytes: 40 * 1024 },
    };
    const first = await kernelOf(options);
    const one = await granted(first.kernel, { uses: 3 });
    const two = await granted(first.kernel);
    const three = await granted(first.kernel);
    const block = attenuate(three, {});
    if ('fault' in block) throw new Error(block.fault);
    expect(await codeOf(first.kernel.invoke({ token: one }))).toBe('permitted');
    await first.kernel.revokeGrant((await first.kernel.grants()).grants[1]?.id as string);
    await first.kernel.revoke({ block: block.block, reason: 'a test' });
    // Enough to drop the segments that hold all of this.
    for (let i = 0; i < 300; i++) await first.kernel.decide({ action: 'none' });
    const oldest = async () => (await first.kernel.journal({ limit: 1 })).records[0]?.seq;
    await expect.poll(oldest, { timeout: 60_000, interval: 5 }).toBeGreaterThan(20);
    await first.kernel.close();
    const { kernel } = await kernelOf(options);
    expect(await codeOf(kernel.invoke({ token: two }))).toBe('token_revoked');
    expect(await codeOf(kernel.invoke({ token: block.token }))).toBe('token_revoked');
    expect(await codeOf(kernel.invoke({ token: three }))).toBe('permitted');
    expect(await codeOf(kernel.invoke({ token: one }))).toBe('permitted');
    expect(await codeOf(kernel.invoke({ token: one }))).toBe('permitted');
    expect(await codeOf(kernel.invoke({ token: one }))).toBe('token_exhausted');
  });
});

test('a journal that is lost takes its grants with it', async () => {
  const dataDir = folder();
  const { kernel } = await kernelOf({ dataDir });
  const token = await granted(kernel);
  await kernel.close();
  for (const gone of ['journal', 'index.sqlite', 'index.sqlite-wal', 'index.sqlite-shm'])
    rmSync(join(dataDir, gone), { recursive: true, force: true });
  const { kernel: again } = await kernelOf({ dataDir });
  expect(await codeOf(again.invoke({ token }))).toBe('token_invalid');
});

test('expired grants are swept, and the counts go with them', async () => {
  let clock = 1_000_000_000_000;
  const { kernel } = await kernelOf({ now: () => clock, grants: { perPrincipal: 50 } });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 50; i++) await granted(kernel, { ttl: 1 });
    clock += 2_000;
  }
  expect((await kernel.grants()).grants).toEqual([]);
});

test('observing: what would not be granted is granted and said so, and what is no token is still named', async () => {
  const { kernel } = await kernelOf({
    mode: 'observe',
    policy: { version: 1, rules: [] } as never,
  });
  const answer = await kernel.grant({ capability: 'mark' });
  expect(answer.decision).toMatchObject({ effect: 'permit', would: { code: 'no_matching_rule' } });
  const result = await kernel.submit({ action: 'mark', token: 'nope' });
  expect(result.decision.would).toMatchObject({ code: 'token_invalid' });
  const status: KernelStatus = await kernel.status();
  expect(status.mode).toBe('observe');
});

test('a revoked block stays revoked for as long as its grant, though grants may not last as long any more', async () => {
  const dataDir = folder();
  const hour = 3_600_000;
  let at = Date.parse('2026-11-21T12:00:00Z');
  const now = () => at;
  const { kernel: first } = await kernelOf({ dataDir, now, grants: { maxTtl: 168 * hour } });
  const token = await granted(first, { ttl: 160 * 3_600 });
  const narrowed = attenuate(token, { keys: ['a'] });
  if ('fault' in narrowed) throw new Error(narrowed.fault);
  await first.close();
  const { kernel } = await kernelOf({ dataDir, now });
  await kernel.revoke({ block: narrowed.block, reason: 'a test' });
  for (const hours of [0, 30, 60]) {
    at += hours * hour;
    // Others are granted, and what is over is forgotten.
    for (let i = 0; i < 4; i++) await granted(kernel);
    expect(await codeOf(kernel.invoke({ token: narrowed.token }))).toBe('token_revoked');
  }
  expect(await codeOf(kernel.invoke({ token }))).toBe('permitted');
});

test('grants with long caveats take the room of several, and give it back', async () => {
  let at = Date.parse('2026-11-21T12:00:00Z');
  const { kernel } = await kernelOf({ now: () => at, grants: { perPrincipal: 8 } });
  const long = {
    params: { '/a': { in: Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(160, 'x')) } },
  };
  const codes = async (constraints: object) => {
    const answers = [];
    for (let i = 0; i < 10; i++)
      answers.push((await kernel.grant({ capability: 'mark', constraints })).decision.code);
    return answers.filter((code) => code === 'permitted').length;
  };
  expect(await codes(long)).toBe(2);
  at += 3_600_000;
  expect(await codes({ keys: ['a'] })).toBe(8);
});
