import { describe, expect, it } from 'vitest';
import { FS_ACTIONS } from '../../provider/fs/definitions.ts';
import { HTTP_ACTIONS } from '../../provider/http/definitions.ts';
import { PROC_ACTIONS } from '../../provider/proc/definitions.ts';
import { checkPolicy, loadPolicy } from '../load.ts';
import { BUILT_IN } from './names.ts';

const codes = (rules: object[], more: object = {}): string[] =>
  checkPolicy(JSON.stringify({ rules, ...more }), 'json').diagnostics.map(
    ({ code, path }) => `${code} ${path}`,
  );
const permit = (name: string, when?: object, more: object = {}) => ({
  name,
  effect: 'permit',
  ...(when && { when }),
  ...more,
});
const deny = (name: string, when?: object, more: object = {}) => ({
  name,
  effect: 'deny',
  ...(when && { when }),
  ...more,
});

describe('the lint', () => {
  it('warns of permits without conditions and of policies that deny all', () => {
    expect(codes([permit('a')])).toEqual(['unconditional_permit /rules/0']);
    expect(codes([permit('a', { action: '**' })])).toEqual(['unconditional_permit /rules/0']);
    expect(codes([permit('a', { action: 'x' })])).toEqual([]);
    expect(codes([])).toEqual(['denies_everything ']);
  });

  it('refuses a deny that an earlier permit covers wholly', () => {
    const refused: [object, object][] = [
      [{}, { action: 'x' }],
      [{ action: 'fs.**' }, { action: ['fs.read', 'fs.write.all'] }],
      [
        { action: 'fs.*' },
        { action: 'fs.read', resource: '/etc/**', params: { '/a': { max: 1 } } },
      ],
      [{ resource: '/w/**' }, { resource: ['/w/secrets/**', '/w'] }],
      [
        { principal: { kind: ['agent', 'user'], roles: ['a', 'b'] } },
        { principal: { kind: 'agent', roles: 'a', id: 'x' } },
      ],
      [{ time: { between: '09:00-18:00' } }, { time: { between: '09:00-18:00' } }],
    ];
    for (const [wide, narrow] of refused) {
      const rules = [permit('p', wide, { priority: 10 }), deny('d', narrow, { priority: 20 })];
      expect([wide, codes(rules).includes('covered_deny /rules/1')]).toEqual([wide, true]);
      expect(() =>
        loadPolicy([{ layer: 'server', name: 'x', document: { rules } as never }]),
      ).toThrowError(/never denies/);
      const final = [rules[0] as object, deny('d', narrow, { priority: 20, final: true })];
      expect(codes(final).some((code) => code.startsWith('covered'))).toBe(false);
      expect(
        codes([permit('p', wide), deny('d', narrow)]).some((code) => code.startsWith('covered')),
      ).toBe(false);
    }
  });

  it('warns of names that no built-in action has, and knows them all', () => {
    const invariant = { name: 'i', blocked_actions: ['proc.exce', 'fs.write'] };
    const rules = [
      deny('d', { action: ['fs.wirte', 'fs.*', 'fs.reed*', 'tickets.clsoe', 'http.get'] }),
      permit('p', { action: 'http.frobnicate' }),
    ];
    const { ok, diagnostics } = checkPolicy(
      JSON.stringify({ rules, invariants: [invariant] }),
      'json',
    );
    expect(ok).toBe(true);
    expect(diagnostics.map(({ path, message }) => `${path} ${message}`)).toEqual([
      '/rules/0/when/action no built-in action is named fs.wirte; did you mean fs.write?',
      '/rules/1/when/action no built-in action is named http.frobnicate',
      '/invariants/0/blocked_actions no built-in action is named proc.exce; did you mean proc.exec?',
    ]);
    const actions = [...FS_ACTIONS, ...PROC_ACTIONS, ...HTTP_ACTIONS].map(({ name }) => name);
    expect([...BUILT_IN].sort()).toEqual(actions.sort());
  });

  it('leaves alone what may still deny', () => {
    const fine: [object, object][] = [
      [{ action: 'fs.*' }, { action: 'fs.a.b' }],
      [{ action: 'fs.read' }, {}],
      [{ action: 'fs.*' }, { action: 'fs.**' }],
      [{ resource: '/w/*' }, { resource: '/w/**' }],
      [{ resource: '/w/**' }, { resource: '/w2/**' }],
      [{ resource: '/w/**' }, { resource: { glob: '/w/x', ignore_case: true } }],
      [{ action: 'x', rate: { max: 5, per: '1h' } }, { action: 'x' }],
      [{ principal: { kind: 'agent' } }, { principal: { kind: ['agent', 'user'] } }],
      [{ action: 'x', params: { '/a': { max: 9 } } }, { action: 'x' }],
      [{ action: 'x', labels: { '/a': {} } }, { action: 'x' }],
    ];
    for (const [wide, narrow] of fine) {
      const found = codes([
        permit('p', wide, { priority: 10 }),
        deny('d', narrow, { priority: 20 }),
      ]);
      expect([wide, found.filter((code) => /covered|shadowed/.test(code))]).toEqual([wide, []]);
    }
  });

  it('warns of rules that an earlier one decides before them', () => {
    expect(
      codes([deny('d', { action: 'x' }, { priority: 1 }), permit('p', { action: 'x' })]),
    ).toEqual(['shadowed_rule /rules/1']);
    expect(codes([permit('p', { action: 'x' }), deny('d', { action: 'x' })])).toEqual([
      'shadowed_rule /rules/0',
    ]);
    expect(
      codes([permit('a', { action: 'x' }), permit('b', { action: 'x', resource: '/w/**' })]),
    ).toEqual(['shadowed_rule /rules/1']);
    const where = { action: 'x', expr: 'params.a > 1' };
    expect(codes([permit('p', where, { priority: 1 }), deny('d', where)])).toEqual([
      'shadowed_rule /rules/1',
    ]);
    const held = (name: string) => ({ name, effect: 'require_approval', when: { action: 'x' } });
    expect(codes([held('a'), held('b')])).toEqual([]);
  });

  it('warns of what never holds', () => {
    const never: [object, string][] = [
      [{ params: { '/a': { min: 5, max: 1 } } }, 'params/~1a'],
      [{ params: { '/a': { min: 5, under: 5 } } }, 'params/~1a'],
      [{ params: { '/a': { in: [] } } }, 'params/~1a'],
      [{ params: { '/a': { in: [7, 8], min: 0, max: 5 } } }, 'params/~1a'],
      [{ params: { '/a': { min: 0, prefix: 'x' } } }, 'params/~1a'],
      [{ params: { '/a': { eq: 'x', min: 0 } } }, 'params/~1a'],
      [{ params: { '/a': { present: false, eq: 1 } } }, 'params/~1a'],
      [{ params: { '/a': { length: { min: 5, max: 1 } } } }, 'params/~1a'],
      [{ principal: { id: [] } }, 'principal/id'],
      [{ env: { country: [] } }, 'env/country'],
      [{ resource: [] }, 'resource'],
    ];
    for (const [when, path] of never) {
      expect([when, codes([permit('a', { action: 'x', ...when })])]).toEqual([
        when,
        [`impossible_rule /rules/0/when/${path}`],
      ]);
    }
    expect(codes([permit('a', { action: 'fs.read', resource: 'src/**' })])).toEqual([
      'impossible_rule /rules/0/when/resource',
    ]);
    expect(
      codes([permit('a', { action: 'x' })], {
        invariants: [{ name: 'i', param: '/a', min: 5, max: 1 }],
      }),
    ).toEqual(['impossible_rule /invariants/0']);
  });

  it('warns of bounds that are open and patterns that are not anchored', () => {
    expect(codes([permit('a', { action: 'x', params: { '/a': { max: 5 } } })])).toEqual([
      'unbounded_below /rules/0/when/params/~1a',
    ]);
    expect(codes([permit('a', { action: 'x', params: { '/a': { matches: 'a+' } } })])).toEqual([
      'unanchored_pattern /rules/0/when/params/~1a',
    ]);
    expect(codes([permit('a', { action: 'x', params: { '/a': { matches: '^a|b$' } } })])).toEqual([
      'unanchored_pattern /rules/0/when/params/~1a',
    ]);
    expect(
      codes([deny('a', { action: 'x', params: { '/a': { matches: 'a+', max: 5 } } })]),
    ).toEqual(['impossible_rule /rules/0/when/params/~1a']);
    expect(
      codes([deny('a', { action: 'x', params: { '/a': { matches: '[ab]*a[ab]{14}$' } } })]),
    ).toEqual(['complex_pattern /rules/0/when/params/~1a']);
  });

  it('compares ten thousand rules in reasonable time', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) =>
      permit(`r${i}`, { action: `tool${i % 5_000}.run`, resource: `/w/${i}/**` }),
    );
    const start = process.threadCpuUsage();
    expect(codes(rules)).toEqual([]);
    expect(process.threadCpuUsage(start).user).toBeLessThan(15_000_000);
  });
});
