/**
 * One grant, four callers: two Python processes, a TypeScript one and curl share ten uses, whoever asks; a revocation is seen at the next call; one
 * journal holds all of it. And a token that the TypeScript client narrows offline is the one that the kernel reads.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { attenuate, prove } from '@portcullis/client';
import { createKernel, attenuate as narrowed } from '@portcullis/kernel';
import type { JournalRecord, JsonObject, Kernel, StreamFrame } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Caller, fourCallers } from './callers.ts';
import { openWire, type WireTarget } from './wire.ts';

const POLICY = {
  version: 1,
  rules: [{ name: 'all', effect: 'permit', when: { action: 'test.*' } }],
};

let open: WireTarget[] = [];
afterEach(async () => {
  for (const target of open) await target.close();
  open = [];
});

async function world(grants: JsonObject = {}): Promise<WireTarget> {
  const target = await openWire({ policy: POLICY, durable: true, grants }, 'tcp');
  open.push(target);
  return target;
}

function callers(target: WireTarget, token: string): Promise<Caller[]> {
  return fourCallers(target, {
    python: `kernel.invoke("${token}")`,
    typescript: (kernel) => kernel.invoke({ token }),
    path: '/v1/invoke',
    body: { token },
  });
}

async function recordsOf(target: WireTarget): Promise<JournalRecord[]> {
  const page = await (await target.kernel('admin')).journal({ limit: 1_000 });
  return page.records.filter(
    (record) => record.kind === 'decision' && record.action === 'test.count',
  );
}

describe('shared by processes', () => {
  it.each([0, 1, 2, 3])(
    'the eleventh use is denied, whoever asks: caller %i',
    async (last) => {
      const target = await world();
      const kernel = await target.kernel('agent');
      const { token = '' } = await kernel.grant({ capability: 'test.count' });
      const four = await callers(target, token);
      // Two in turn, then all at once.
      const codes: string[] = [];
      for (const caller of four) codes.push(await caller.call());
      codes.push(...(await Promise.all(four.map((caller) => caller.call()))));
      codes.push(await (four[0] as Caller).call(), await (four[3] as Caller).call());
      expect(codes).toEqual(Array(10).fill('permitted'));
      expect(await (four[last] as Caller).call()).toBe('token_exhausted');
      for (const caller of four) expect(await caller.call()).toBe('token_exhausted');
      for (const caller of four) caller.end();
      expect(target.world.ran['test.count']).toBe(10);
      const records = await recordsOf(target);
      expect(records.filter(({ effect }) => effect === 'permit')).toHaveLength(10);
      expect(records).toHaveLength(15);
    },
    60_000,
  );

  it('a revocation is seen at the next call, by all of them', async () => {
    const target = await world();
    const kernel = await target.kernel('agent');
    const { token = '', id = '' } = await kernel.grant({ capability: 'test.count' });
    const four = await callers(target, token);
    for (const caller of four) expect(await caller.call()).toBe('permitted');
    await kernel.revokeGrant(id);
    for (const caller of four) expect(await caller.call()).toBe('token_revoked');
    for (const caller of four) caller.end();
  });
});

describe('narrowed offline by the TypeScript client', () => {
  it.each(['ed25519', 'hmac'] as const)('%s', async (algorithm) => {
    const target = await world({ algorithm });
    const kernel = await target.kernel('agent');
    const { token = '' } = await kernel.grant({ capability: 'test.echo' });
    const once = await attenuate(token, {
      keys: ['a', 'é'],
      params: { '/a': { max: 5, min: -0 } },
    });
    const twice = await attenuate(once.token, { uses: 1 }, { seal: true });
    const code = async (asked: string, args = {}) =>
      (await kernel.invoke({ token: asked, args })).decision.code;
    expect(await code(once.token, { a: 5 })).toBe('permitted');
    expect(await code(once.token, { a: 6 })).toBe('token_scope');
    expect(await code(twice.token, { a: 1, b: 1 })).toBe('token_scope');
    expect(await code(twice.token, { a: 1 })).toBe('permitted');
    expect(await code(twice.token, { a: 1 })).toBe('token_exhausted');
    await expect(attenuate(twice.token, {})).rejects.toMatchObject({ code: 'token_invalid' });
    const mixed = narrowed(once.token, { uses: 2 });
    if ('fault' in mixed) throw new Error(mixed.fault);
    expect(await code(mixed.token, { a: 0 })).toBe('permitted');
    const admin = await target.kernel('admin');
    await admin.revoke({ block: once.block, reason: 'a test' });
    expect(await code(mixed.token, { a: 0 })).toBe('token_revoked');
    expect(await code(token)).toBe('permitted');
  });

  it('what is no token is refused, whatever it is', async () => {
    const alike = fc.stringMatching(/^pg1\.[A-Za-z0-9_-]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), alike, fc.anything()), async (given) => {
        await expect(attenuate(given as string, {})).rejects.toMatchObject({
          code: 'token_invalid',
        });
      }),
    );
  });
});

describe('proven by the TypeScript client', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const proof_key = publicKey.export({ format: 'jwk' }).x as string;
  const mine = (message: Uint8Array) => sign(null, message, privateKey);
  const finalOf = async (frames: AsyncIterable<StreamFrame>) => {
    for await (const frame of frames) if (frame.final) return frame.result?.decision.code;
    return undefined;
  };

  async function allVerbs(kernel: Kernel, action: string, args: JsonObject): Promise<void> {
    const { token = '' } = await kernel.grant({ capability: action, proof_key });
    const used = { token, args };
    expect((await kernel.invoke(used)).decision.code).toBe('proof_required');
    const proven = await prove(used, mine);
    expect((await kernel.invoke({ ...proven, args: {} })).decision.code).toBe('proof_invalid');
    expect((await kernel.invoke(proven)).decision.code).toBe('permitted');
    expect((await kernel.invoke(proven)).decision.code).toBe('proof_invalid');
    expect((await kernel.invoke(await prove({ token }, mine))).decision.code).toBe('permitted');
    const full = {
      token,
      args: { ...args, n: [1e21, -0, 0.1, 'é\u{1F600}\u007f\n', null] },
      justification: 'because',
      context: {},
      session: undefined,
    };
    expect((await kernel.invoke(await prove(full as never, mine))).decision.code).toBe('permitted');
    expect(await finalOf(kernel.invokeStream(await prove(used, mine)))).toBe('permitted');
    const asked = { action, token, labels: [] };
    expect((await kernel.submit(await prove(asked, mine))).decision.code).toBe('permitted');
    expect((await kernel.decide(await prove(asked, mine))).decision.code).toBe('permitted');
    expect(await finalOf(kernel.submitStream(await prove(asked, mine)))).toBe('permitted');
    const narrow = (await attenuate(token, { keys: [] })).token;
    const handed = { token: narrow, delegate_to: 'helper' };
    expect((await kernel.grant(handed)).decision.code).toBe('proof_required');
    expect((await kernel.grant(await prove(handed, mine))).token).toBeDefined();
  }

  it('over the wire', async () => {
    const target = await world({ uses: 50 });
    await allVerbs(await target.kernel('agent'), 'test.echo', { a: 1 });
  });

  it('in the process', async () => {
    const kernel = await createKernel({
      policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: { action: 'own.*' } }] },
      providers: [
        {
          family: 'own',
          actions: [
            { name: 'own.do', resource: 'other', params: { type: 'object' }, effect: 'read' },
          ],
          execute: () => ({ data: 'done', labels: [] }),
        },
      ],
    });
    try {
      await allVerbs(kernel, 'own.do', { a: 1 });
    } finally {
      await kernel.close();
    }
  });
});
