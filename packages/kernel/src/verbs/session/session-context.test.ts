/** A session for another principal: only where the credential may act as it, and then only it acts in that session. */
import type { Context } from '@portcullis/wire';
import { afterEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import type { Right } from '../../rights.ts';

const RIGHTS: readonly Right[] = ['decide', 'sessions:open', 'explain'];

const caller = (principals: readonly string[], credential = 'key'): Caller => ({
  tenant: 'default',
  credential,
  principal: { id: 'host', kind: 'service', roles: [], attributes: {} },
  rights: new Set(RIGHTS),
  mayAssert: { principals, roles: [], onBehalfOf: ['alice'], context: ['ip'], userTurns: false },
});

const POLICY = {
  rules: [{ name: 'all', effect: 'permit', when: { action: 'x.y' } }],
  invariants: [{ name: 'few', session: { actions_max: 2 } }],
};

let host: KernelHost | undefined;
afterEach(() => host?.close());

async function kernels() {
  host = await openHost({ policy: POLICY as never });
  return { bold: host.as(caller(['bot-1', 'bot-2'])), meek: host.as(caller([], 'other')) };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: { code: string }) => error.code,
  );

describe('a session opened with a context', () => {
  it('belongs to the principal that was asserted, and to no other', async () => {
    const { bold, meek } = await kernels();
    const { id, principal } = await bold.openSession({ context: { principal: 'bot-1' } });
    expect(principal).toBe('bot-1');
    const ask = (context?: Context) =>
      bold.decide({ action: 'x.y', execution: 'none', session: id, ...(context && { context }) });
    expect((await ask({ principal: 'bot-1' })).decision.code).toBe('permitted');
    expect((await ask({ principal: 'bot-2' })).decision.code).toBe('unknown_session');
    expect((await ask()).decision.code).toBe('unknown_session');
    expect((await bold.session(id)).actions).toBe(1);
    expect(await codeOf(meek.session(id))).toBe('unknown_session');
    expect(await codeOf(meek.closeSession(id))).toBe('unknown_session');
    expect((await bold.closeSession(id)).status).toBe('closed');
  });

  it('counts what is done in it alone', async () => {
    const { bold } = await kernels();
    const context = { principal: 'bot-1' };
    const codes: string[] = [];
    for (const session of [
      await bold.openSession({ context }),
      await bold.openSession({ context }),
    ]) {
      for (let i = 0; i < 3; i++) {
        const request = { action: 'x.y', execution: 'none', session: session.id, context } as const;
        codes.push((await bold.decide(request)).decision.code);
      }
    }
    expect(codes).toEqual([
      ...['permitted', 'permitted', 'invariant_violated'],
      ...['permitted', 'permitted', 'invariant_violated'],
    ]);
  });

  it('asserts nothing that the credential may not', async () => {
    const { bold, meek } = await kernels();
    const open = (context: unknown, more = {}) =>
      codeOf(bold.openSession({ context, ...more } as never));
    expect(await codeOf(meek.openSession({ context: { principal: 'bot-1' } }))).toBe(
      'principal_mismatch',
    );
    expect(await open({ principal: 'bot-3' })).toBe('principal_mismatch');
    expect(await open({ kind: 'user' })).toBe('principal_mismatch');
    expect(await open({ roles: ['admin'] })).toBe('assertion_not_allowed');
    expect(await open({ country: 'IN' })).toBe('assertion_not_allowed');
    expect(await open({ on_behalf_of: 'mallory' })).toBe('assertion_not_allowed');
    expect(await open({ ip: 'nowhere' })).toBe('malformed_request');
    expect(await open({ nonsense: 1 })).toBe('unknown_field');
    expect(await open({ on_behalf_of: 'alice' }, { on_behalf_of: 'alice' })).toBe(
      'malformed_request',
    );
    expect(await open({ ip: '10.0.0.1', on_behalf_of: 'alice' })).toBe('fine');
  });
});
