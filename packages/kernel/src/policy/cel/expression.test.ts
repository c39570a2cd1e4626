import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE_PARAMS, HOSTILE_SOURCES } from '../../testing/hostile-expressions.ts';
import { compileExpression } from './compile.ts';
import { ExprError, type Subject } from './types.ts';
import type { Value } from './values.ts';

const subject = (params: Record<string, Value> = {}): Subject => ({
  now: Date.UTC(2026, 0, 5, 12, 30),
  principal: { id: 'bot-1', kind: 'agent', roles: ['support'], attributes: { tier: 'gold' } },
  onBehalfOf: undefined,
  action: 'issue_refund',
  resource: { kind: 'other', value: 'orders/7' },
  params,
  session: {
    opened: Date.UTC(2026, 0, 5, 12),
    actions: 3,
    denied: 0,
    quarantine: 'none',
    label: undefined,
  },
  environment: { country: 'IN' },
});

const of = (source: string, params: Record<string, Value> = {}): boolean | undefined =>
  compileExpression(source).evaluate(subject(params));

const mistake = (source: string): ExprError => {
  try {
    compileExpression(source);
  } catch (error) {
    if (error instanceof ExprError) return error;
    throw error;
  }
  throw new Error(`${source} was accepted`);
};

describe('expressions', () => {
  it('decide what CEL decides', () => {
    const params = {
      amount: 50,
      to: ['a@x.com', 'b@x.com'],
      note: 'hé😀',
      flag: true,
      nested: { a: { b: 1 } },
      n: null,
    };
    const table: [string, boolean][] = [
      ['params.amount < 100.0 || principal.attributes.tier == "gold"', true],
      ['params.amount == 50', true],
      ['params.amount == 50.0 && params.amount >= 50 && params.amount != 49', true],
      ['params.to.all(x, x.endsWith("@x.com"))', true],
      ['params.to.exists(x, x.startsWith("c"))', false],
      ['params.to.exists_one(x, x == "a@x.com")', true],
      ['size(params.to.filter(x, x.contains("a@"))) == 1', true],
      ['params.to.map(x, x.size())[0] == 7', true],
      ['size(params.note) == 3', true],
      ['params.nested.a.b == 1 && params.nested["a"]["b"] == 1', true],
      ['has(params.nested.a) && !has(params.nested.c)', true],
      ['"support" in principal.roles', true],
      ['"amount" in params', true],
      ['action == "issue_refund" && resource.value == "orders/7"', true],
      ['session.age == duration("30m") && session.actions < 5', true],
      ['now > timestamp("2026-01-01T00:00:00Z")', true],
      ['timestamp("0050-06-01T00:00:00Z").getFullYear("Asia/Kolkata") == 50', true],
      ['now.getDayOfWeek() == 1 && now.getHours("Asia/Kolkata") == 18', true],
      ['7 / 2 == 3 && 7 % 2 == 1 && -7 / 2 == -3', true],
      ['params.flag ? params.amount > 1 : false', true],
      ['params.note.matches("^h.") && !params.note.matches("z")', true],
      ['env.country == "IN" && !has(env.city)', true],
      ['params.amount * 2.0 == 100.0', true],
      ['"HeLLo".lowerAscii() == "hello"', true],
      ['string(params.amount) == "50" && int("12") == 12 && double("1.5") == 1.5', true],
      ['params.n == null', true],
      ['principal.roles + ["x"] == ["support", "x"]', true],
    ];
    for (const [source, expected] of table)
      expect([source, of(source, params)]).toEqual([source, expected]);
  });

  it('do not know where types differ, a field is missing, or a step errs', () => {
    const params = {
      amount: '60000',
      one: 1,
      list: [1, 'a'],
      big: 9e18,
      least: '-9223372036854775808',
      hour24: '2024-02-28T24:00:00Z',
    };
    for (const source of [
      'params.amount > 100',
      'params.amount == 60000',
      'params.one == true',
      'params.one == "1"',
      'params.missing == 1',
      'params.one.deeper == 1',
      'params.missing != 1',
      '"b" in params.list',
      'params.list == [1, "b"] || params.list == ["x", 2]',
      'params.one == null',
      '!params.one',
      'params.list[7] == 1',
      'params.list[0.5] == 1',
      'int(params.big) * 2 > 0',
      '-int(params.least) > 0',
      '-(-9223372036854775807 - 1) > 0',
      'timestamp(params.hour24) > timestamp("2024-01-01T00:00:00Z")',
      '1 / (size(params.list) - 2) == 1',
      'env.city == "x"',
      'params.constructor == 1',
      'params.__proto__ == 1',
      'has(params.one.x)',
      'params.list.exists_one(x, x > 0)',
    ]) {
      if (source.includes('[0.5]')) expect(mistake(source).code).toBe('expr_type');
      else expect([source, of(source, params)]).toEqual([source, undefined]);
    }
  });

  it('absorb errors where the other side decides', () => {
    expect(of('params.missing == 1 || true')).toBe(true);
    expect(of('true || params.missing == 1')).toBe(true);
    expect(of('params.missing == 1 && false')).toBe(false);
    expect(of('params.missing == 1 && true')).toBeUndefined();
    expect(of('params.l.exists(x, x > 1)', { l: ['a', 2] })).toBe(true);
    expect(of('params.l.all(x, x > 1)', { l: ['a', 1] })).toBe(false);
    expect(of('params.l.all(x, x > 1)', { l: ['a', 2] })).toBeUndefined();
    expect(of('"a" in params.l', { l: [1, 'a'] })).toBe(true);
  });

  it('are refused at load where they cannot succeed, with a place and what is known', () => {
    expect(mistake('params.amount <').code).toBe('bad_expr');
    expect(mistake('parms.amount < 1').message).toContain('did you mean params');
    expect(mistake('principal.nam == "x"').message).toContain('id, kind, roles');
    expect(mistake('principal == "x"').message).toContain('name one of its fields');
    expect(mistake('params.amount * 2 > 1').message).toContain('write 2.0');
    expect(mistake('principal.id > 5').code).toBe('expr_type');
    expect(mistake('size(params)').code).toBe('expr_type');
    expect(mistake('params.x.matches("(")').code).toBe('bad_pattern');
    expect(mistake('params.x.matches(params.y)').message).toContain('written as a text');
    expect(mistake('now.getHours("Mars/Base") == 1').message).toContain('no such time zone');
    expect(mistake('timestamp("yesterday") < now').code).toBe('bad_expr');
    expect(mistake('eval("1")').message).toContain('no function eval');
    expect(mistake('params.x.foo()').message).toContain('no method foo');
    expect(mistake('b"x" == b"x"').code).toBe('bad_expr');
    expect(mistake('{"a": 1}.a == 1').code).toBe('bad_expr');
    expect(mistake('params.a && params.b &&  nope').offset).toBe(25);
  });

  it('hold no nested macros, and none that goes over the parameters for each element', () => {
    expect(mistake('params.a.all(x, params.b.all(y, y == x))').message).toContain('do not nest');
    expect(mistake('params.a.all(x, params.b.contains("q"))').code).toBe('expr_cost');
    expect(mistake(Array(9).fill('params.a.contains("q")').join(' || ')).code).toBe('expr_cost');
    expect(of('params.a.filter(x, x > 1).exists(y, y == 3)', { a: [1, 2, 3] })).toBe(true);
    expect(mistake('params.all(params, true)').message).toContain('taken');
  });

  it('see at most a thousand elements', () => {
    expect(of('params.l.all(x, x == 1)', { l: Array(1_000).fill(1) })).toBe(true);
    expect(of('params.l.all(x, x == 1)', { l: Array(1_001).fill(1) })).toBeUndefined();
  });

  it('end on a mebibyte, whatever is in it; bench/worst-expression.ts says how fast', () => {
    for (const source of HOSTILE_SOURCES) {
      const expression = compileExpression(source);
      for (const params of HOSTILE_PARAMS) expression.evaluate(subject(params));
    }
  });

  it('never throw, whatever the text', () => {
    const piece = fc.constantFrom(
      'params',
      '.',
      'a',
      '(',
      ')',
      '[',
      ']',
      '1',
      '"x"',
      ' && ',
      ' || ',
      '!',
      ' in ',
      ' == ',
      '<',
      '?',
      ':',
      ',',
      'has',
      'all',
      'x',
      'matches',
      '-',
      '+',
      'null',
      'true',
      'cel.bind',
      'dyn',
      'type',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          compileExpression(pieces.join('')).evaluate(subject({ a: 1 }));
        } catch (error) {
          if (!(error instanceof ExprError)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
