import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from './guard.ts';
import { identify, ownIdentity } from './identity.ts';

const caller = (mayAssert: Partial<Caller['mayAssert']> = {}): Caller => ({
  tenant: 'default',
  credential: 'key',
  principal: { id: 'bot', kind: 'agent', roles: ['support'], attributes: { tier: 'gold' } },
  rights: new Set(),
  mayAssert: {
    principals: [],
    roles: [],
    onBehalfOf: [],
    context: [],
    userTurns: false,
    ...mayAssert,
  },
});

describe('identity', () => {
  it("is the credential's own when nothing is asserted", () => {
    expect(identify(caller(), {})).toEqual(ownIdentity(caller()));
  });

  it.each([
    [{ principal: 'admin' }, 'principal_mismatch'],
    [{ kind: 'user' }, 'principal_mismatch'],
    [{ roles: ['admin'] }, 'assertion_not_allowed'],
    [{ on_behalf_of: 'ann' }, 'assertion_not_allowed'],
    [{ ip: '10.0.0.1' }, 'assertion_not_allowed'],
  ] as const)('refuses %j by default', (context, code) => {
    expect(identify(caller(), structuredClone(context) as never)).toMatchObject({ code });
  });

  it('an asserted principal gets neither the roles nor the attributes of the credential', () => {
    const identity = identify(caller({ principals: ['bob'] }), { principal: 'bob' });
    expect(identity).toMatchObject({ principal: { id: 'bob', roles: [], attributes: {} } });
    expect(
      identify(caller({ principals: ['bob'] }), { principal: 'bob', roles: ['support'] }),
    ).toMatchObject({ code: 'assertion_not_allowed' });
  });

  it('sheds no role that it may not assert: rules deny by role', () => {
    expect(identify(caller(), { roles: [] })).toMatchObject({ code: 'assertion_not_allowed' });
    for (const roles of [['support'], ['*']]) {
      expect(identify(caller({ roles }), { roles: [] })).toMatchObject({
        principal: { id: 'bot', roles: [] },
      });
    }
    expect(identify(caller(), { roles: ['support'] })).toMatchObject({
      principal: { roles: ['support'] },
    });
  });

  it('never yields a role that is neither own nor assertable', () => {
    const roles = fc.array(fc.constantFrom('support', 'admin', 'writer'), { maxLength: 4 });
    fc.assert(
      fc.property(roles, roles, (asked, allowed) => {
        const identity = identify(caller({ roles: allowed }), { roles: asked });
        if ('code' in identity) return;
        for (const role of identity.principal.roles)
          expect(['support', ...allowed]).toContain(role);
        if (!allowed.includes('support')) expect(identity.principal.roles).toContain('support');
      }),
    );
  });
});
