import type { JsonObject } from '@portcullis/wire';
import { describe, expect, it } from 'vitest';
import { ask, type Given, NOON, server } from './testing/fixtures.ts';

/** What a permit rule and a deny rule with the same conditions make of an action. */
async function both(when: object, given: Given): Promise<[string, string]> {
  const permit = await ask(server({ name: 'p', effect: 'permit', when }), given);
  const deny = await ask(
    server({ name: 'd', effect: 'deny', priority: 1, when }, { name: 'all', effect: 'permit' }),
    given,
  );
  return [permit.said, deny.said];
}
const TRUE = ['permit', 'denied_by_rule'];
const FALSE = ['no_matching_rule', 'permit'];
const UNKNOWN = ['no_matching_rule', 'denied_by_rule'];

describe('default deny', () => {
  it('is what an empty document, no layer and no rule come to', async () => {
    for (const layers of [
      [],
      [{ layer: 'server' as const, name: 'e', text: '' }],
      [server()],
      [{ layer: 'server' as const, name: 'e', text: '', format: 'json' as const }],
      [{ layer: 'server' as const, name: 'e', text: '# nothing\n' }],
    ]) {
      expect((await ask(layers)).said).toBe('no_matching_rule');
    }
  });

  it('tells the requester the remedy of the document, and no policy', async () => {
    const { answer } = await ask({
      layer: 'server',
      name: 'x',
      document: { rules: [], remedy: 'Ask for less.' },
    });
    expect(answer).toEqual({
      kind: 'deny',
      code: 'no_matching_rule',
      note: 'no rule of layer server permits this',
      remedy: 'Ask for less.',
    });
  });
});

describe('a move', () => {
  const move = (resource: string, to?: unknown) => ({
    action: 'fs.move',
    resource,
    params: (to === undefined ? {} : { to }) as JsonObject,
  });

  it.each(['fs.*', 'fs.move', ['fs.read', 'fs.move'], '**', undefined])(
    'is judged by both of its names: a permit (of %j) has to fit both, a restriction one',
    async (action) => {
      const when = { ...(action === undefined ? {} : { action }), resource: ['/w/**'] };
      expect(await both(when, move('/w/a', '/w/b'))).toEqual(TRUE);
      expect(await both(when, move('/w/a', '/etc/cron.d/x'))).toEqual(UNKNOWN);
      expect(await both(when, move('/etc/shadow', '/w/b'))).toEqual(UNKNOWN);
      expect(await both(when, move('/x', '/y'))).toEqual(FALSE);
      expect(await both(when, move('/w/a'))).toEqual(UNKNOWN);
      expect(await both(when, move('/w/a', ['/w/b']))).toEqual(UNKNOWN);
      expect(await both(when, { ...move('/w/a', '/y'), action: 'fs.read' })).toEqual(
        action === 'fs.move' ? FALSE : TRUE,
      );
    },
  );
});

describe('three-valued conditions', () => {
  const of = (params: JsonObject, tests: object) => both({ params: { '/a': tests } }, { params });

  it('tell a value of another type from one that differs', async () => {
    expect(await of({ a: 5 }, { max: 10 })).toEqual(TRUE);
    expect(await of({ a: 50 }, { max: 10 })).toEqual(FALSE);
    expect(await of({ a: '60000' }, { max: 10 })).toEqual(UNKNOWN);
    expect(await of({}, { max: 10 })).toEqual(UNKNOWN);
    expect(await of({ a: null }, { max: 10 })).toEqual(UNKNOWN);
    expect(await of({ a: true }, { eq: 1 })).toEqual(UNKNOWN);
    expect(await of({ a: 1 }, { eq: true })).toEqual(UNKNOWN);
    expect(await of({ a: 1 }, { eq: 1 })).toEqual(TRUE);
    expect(await of({ a: null }, { eq: null })).toEqual(TRUE);
    expect(await of({}, { eq: null })).toEqual(UNKNOWN);
    expect(await of({ a: 'EUR' }, { in: ['EUR', 'USD'] })).toEqual(TRUE);
    expect(await of({ a: 'eur' }, { in: ['EUR', 'USD'] })).toEqual(FALSE);
    expect(await of({ a: 1 }, { in: ['EUR'] })).toEqual(UNKNOWN);
    expect(await of({ a: 'GBP' }, { not_in: ['EUR'] })).toEqual(TRUE);
    expect(await of({ a: 1 }, { not_in: ['EUR'] })).toEqual(UNKNOWN);
    expect(await of({ a: -1e9 }, { min: 0, max: 10 })).toEqual(FALSE);
    expect(await of({ a: 'x' }, { type: 'string' })).toEqual(TRUE);
    expect(await of({ a: 1.5 }, { type: 'integer' })).toEqual(FALSE);
    expect(await of({}, { present: false })).toEqual(TRUE);
    expect(await of({ a: null }, { present: false })).toEqual(FALSE);
    expect(await of({ a: 'a😀b' }, { length: { min: 3, max: 3 } })).toEqual(TRUE);
    expect(await of({ a: { x: 1 } }, { length: { max: 1 } })).toEqual(TRUE);
    expect(await of({ a: 7 }, { length: { max: 1 } })).toEqual(UNKNOWN);
    expect(await of({ a: '/w/x' }, { glob: '/w/**' })).toEqual(TRUE);
    expect(await of({ a: 'bot@corp.com' }, { matches: '^[a-z]+@corp\\.com$' })).toEqual(TRUE);
    expect(await of({ a: 'bot@corp.com.evil' }, { matches: '^[a-z]+@corp\\.com$' })).toEqual(FALSE);
  });

  it('need every element of a list to permit, and any to restrict', async () => {
    expect(await of({ a: ['x@c', 'y@c'] }, { suffix: '@c' })).toEqual(TRUE);
    expect(await of({ a: ['x@c', 'y@d'] }, { suffix: '@c' })).toEqual([
      'no_matching_rule',
      'denied_by_rule',
    ]);
    expect(await of({ a: ['x@d', 'y@d'] }, { suffix: '@c' })).toEqual(FALSE);
    expect(await of({ a: ['x@c', 5] }, { suffix: '@c' })).toEqual([
      'no_matching_rule',
      'denied_by_rule',
    ]);
    expect(await of({ a: ['x@d', 5] }, { suffix: '@c' })).toEqual(UNKNOWN);
    expect(await of({ a: [] }, { suffix: '@c' })).toEqual(['permit', 'permit']);
    expect(await of({ a: [['x@c']] }, { suffix: '@c' })).toEqual(UNKNOWN);
    // One element within both bounds, not two that share them.
    expect(await of({ a: [5, 25] }, { min: 10, max: 20 })).toEqual(FALSE);
    expect(await of({ a: [1, 2] }, { type: 'array', length: { max: 2 } })).toEqual(TRUE);
  });

  it('see own properties only, __proto__ among them', async () => {
    const params = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as JsonObject;
    expect(
      await both({ params: { '/__proto__/a': { eq: 1 }, '/constructor': { eq: 2 } } }, { params }),
    ).toEqual(TRUE);
    expect(await both({ params: { '/toString': { present: true } } }, { params: {} })).toEqual(
      FALSE,
    );
    expect((await both({ params: { '/__proto__/x': { eq: 1 } } }, { params: {} }))[0]).toBe(
      'no_matching_rule',
    );
  });

  it('combine by Kleene: one definite false, and nothing matches', async () => {
    const params = { '/a': { max: 1 }, '/b': { max: 1 } };
    expect(await both({ params }, { params: { b: 5 } })).toEqual(FALSE);
    expect(await both({ params }, { params: { b: 0 } })).toEqual(UNKNOWN);
  });

  it('know the principal, the session, the time and the environment', async () => {
    const principal = {
      id: 'bot-1',
      kind: 'agent' as const,
      roles: ['support'],
      attributes: { tier: 'gold' },
    };
    const session = { opened: NOON - 60_000, actions: 4, quarantine: 'read_only' as const };
    const env = { ip: '::ffff:10.1.2.3', country: 'IN' };
    const given = { principal, session, env, onBehalfOf: 'alice' };
    const table: [object, string[]][] = [
      [{ principal: { kind: ['user', 'agent'], id: 'bot-1', roles: ['x', 'support'] } }, TRUE],
      [{ principal: { roles: ['x'] } }, FALSE],
      [{ principal: { on_behalf_of: 'alice' } }, TRUE],
      [{ principal: { attributes: { tier: ['silver', 'gold'] } } }, TRUE],
      [{ principal: { attributes: { tier: 'silver' } } }, FALSE],
      [{ principal: { attributes: { tier: 5 } } }, UNKNOWN],
      [{ principal: { attributes: { clearance: 5 } } }, UNKNOWN],
      [{ principal: { attributes: { toString: 'x' } } }, UNKNOWN],
      [{ session: { quarantined: true } }, TRUE],
      [{ time: { between: '12:00-13:00' } }, TRUE],
      [{ time: { between: '17:30-17:30', zone: 'Asia/Kolkata' } }, TRUE],
      [{ time: { between: '13:00-11:59' } }, FALSE],
      [{ env: { ip: ['192.168.0.0/16', '10.0.0.0/8'], country: 'IN' } }, TRUE],
      [{ env: { ip: '11.0.0.0/8' } }, FALSE],
      [{ env: { city: 'Pune' } }, UNKNOWN],
      [{ labels: { '/a': { integrity: 'trusted' } } }, UNKNOWN],
      [{ expr: 'principal.roles.exists(r, r == "support")' }, TRUE],
      [{ expr: 'params.missing > 1' }, UNKNOWN],
    ];
    for (const [when, expected] of table)
      expect([when, await both(when, given)]).toEqual([when, expected]);
    expect(await both({ principal: { on_behalf_of: 'alice' } }, {})).toEqual(FALSE);
    expect(await both({ env: { ip: '0.0.0.0/0' } }, { env: { ip: 'localhost' } })).toEqual(UNKNOWN);
    expect(await both({ session: { quarantined: false } }, { session: null })).toEqual(UNKNOWN);
  });

  it('measure sessions with this action counted', async () => {
    const permit = (session: object, given: Given) =>
      ask(server({ name: 'p', effect: 'permit', when: { session } }), given);
    const deny = (session: object, given: Given) =>
      ask(
        server({ name: 'd', effect: 'deny', when: { session } }, { name: 'p', effect: 'permit' }),
        given,
      );
    expect((await permit({ actions_max: 5 }, { session: { actions: 4 } })).said).toBe('permit');
    expect((await permit({ actions_max: 5 }, { session: { actions: 5 } })).said).toBe(
      'no_matching_rule',
    );
    expect((await deny({ actions_over: 5 }, { session: { actions: 4 } })).said).toBe('permit');
    expect((await deny({ actions_over: 5 }, { session: { actions: 5 } })).said).toBe(
      'denied_by_rule',
    );
    expect((await permit({ age_max: '1m' }, { session: { opened: NOON - 60_000 } })).said).toBe(
      'permit',
    );
    expect((await permit({ age_max: '1m' }, { session: { opened: NOON - 60_001 } })).said).toBe(
      'no_matching_rule',
    );
    expect((await deny({ age_over: '1m' }, { session: { opened: NOON - 60_001 } })).said).toBe(
      'denied_by_rule',
    );
    expect((await deny({ age_over: '1m' }, { session: null })).said).toBe('denied_by_rule');
  });

  it('of a restriction leave out what is absent where the rule says so', async () => {
    const rule = {
      name: 'd',
      effect: 'deny',
      priority: 1,
      when: { params: { '/a': { over: 5 } } },
    };
    const all = { name: 'p', effect: 'permit' };
    expect((await ask(server(rule, all), {})).said).toBe('denied_by_rule');
    expect((await ask(server({ ...rule, absent: 'no_match' }, all), {})).said).toBe('permit');
    expect(
      (await ask(server({ ...rule, absent: 'no_match' }, all), { params: { a: 6 } })).said,
    ).toBe('denied_by_rule');
  });
});

describe('a permit rule that lists parameters', () => {
  const listed = (params: object) => server({ name: 'p', effect: 'permit', when: { params } });

  it('knows no others, at any depth, unless it says so', async () => {
    const rule = listed({ '/a/b': { max: 5 }, '/c': { present: true } });
    expect((await ask(rule, { params: { a: { b: 1 }, c: { anything: [1] } } })).said).toBe(
      'permit',
    );
    expect((await ask(rule, { params: { a: { b: 1 }, c: 1, d: 1 } })).said).toBe(
      'no_matching_rule',
    );
    expect((await ask(rule, { params: { a: { b: 1, x: 1 }, c: 1 } })).said).toBe(
      'no_matching_rule',
    );
    const open = listed({ '/a/b': { max: 5 }, other: 'any' });
    expect((await ask(open, { params: { a: { b: 1, x: 1 }, d: 1 } })).said).toBe('permit');
    expect((await ask(listed({}), { params: { a: 1 } })).said).toBe('no_matching_rule');
    expect((await ask(listed({ '/l/0': { max: 5 } }), { params: { l: [1] } })).said).toBe('permit');
    expect((await ask(listed({ '/l/0': { max: 5 } }), { params: { l: [1, 2] } })).said).toBe(
      'no_matching_rule',
    );
  });
});
