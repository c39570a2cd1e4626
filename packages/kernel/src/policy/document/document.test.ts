import type { PolicyDiagnostic } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPolicy } from '../load.ts';
import type { PolicyFormat } from './load.ts';

function only(text: string, format: PolicyFormat = 'yaml'): PolicyDiagnostic {
  const report = checkPolicy(text, format);
  expect(report.ok).toBe(false);
  expect(report.digest).toBeUndefined();
  const errors = report.diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors).toHaveLength(1);
  return errors[0] as PolicyDiagnostic;
}

const rule = (rest: string) =>
  `version: 1\nrules:\n  - {name: r, effect: permit, when: {${rest}}}\n`;
const ruleOf = (effect: string, rest: string) =>
  `rules:\n  - {name: r, effect: ${effect}, ${rest}}\n`;

describe('every mistake is named with its place', () => {
  it('in YAML', () => {
    expect(
      only('version: 1\nrules:\n  - name: r\n    effect: permit\n    wen: {}\n'),
    ).toMatchObject({
      code: 'unknown_key',
      line: 5,
      column: 5,
      path: '/rules/0/wen',
      message: expect.stringMatching(/did you mean "when"\? Valid keys: name, effect/),
    });
    expect(only(rule('parms: {}'))).toMatchObject({
      code: 'unknown_key',
      line: 3,
      message: expect.stringContaining('"params"'),
    });
    expect(only('a: 1\na: 2\n')).toMatchObject({ code: 'duplicate_key', line: 2, column: 1 });
    expect(only('rules: [\n')).toMatchObject({ code: 'syntax' });
    expect(only('a: 1\n---\nb: 2\n')).toMatchObject({
      code: 'syntax',
      message: expect.stringContaining('one document'),
    });
    expect(only('rules: 5')).toMatchObject({ code: 'wrong_type', line: 1, column: 1 });
    expect(only('[]')).toMatchObject({ code: 'wrong_type' });
    expect(only('version: 2')).toMatchObject({ code: 'bad_value', line: 1 });
    expect(only('rules:\n  - {effect: permit}\n')).toMatchObject({
      code: 'missing_key',
      line: 2,
      message: '"name" is missing',
    });
    expect(only('rules: !!js/function "x"\n')).toMatchObject({ code: 'syntax' });
  });

  it('in JSON', () => {
    const text =
      '{\n  "rules": [\n    {"name": "r", "effect": "permit",\n     "when": {"acton": "x"}}\n  ]\n}';
    expect(only(text, 'json')).toMatchObject({
      code: 'unknown_key',
      line: 4,
      column: 15,
      path: '/rules/0/when/acton',
    });
    expect(only('{"a": 1,\n}', 'json')).toMatchObject({ code: 'syntax', line: 2 });
    expect(only('{"version": 1,\n\t"version": 1}', 'json')).toMatchObject({
      code: 'duplicate_key',
      line: 2,
    });
    expect(only('{"rules": [}', 'json')).toMatchObject({ code: 'syntax', line: 1, column: 12 });
    expect(only('rules: []', 'json')).toMatchObject({ code: 'syntax' });
    expect(only('[null]', 'json').code).toBe('wrong_type');
  });

  it('in TOML', () => {
    const text =
      'version = 1\n\n[[rules]]\nname = "a"\neffect = "permit"\n\n[[rules]]\nname = "b"\neffect = "permit"\n  [rules.when]\n  acton = "x"\n';
    expect(only(text, 'toml')).toMatchObject({
      code: 'unknown_key',
      line: 11,
      column: 3,
      path: '/rules/1/when/acton',
    });
    expect(
      only(
        '[[rules]]\nname = "a"\neffect = "permit"\nwhen = {rate = {max = 1, per = "1 h"}}',
        'toml',
      ),
    ).toMatchObject({ code: 'bad_duration', line: 4 });
    expect(only('a = \n', 'toml')).toMatchObject({ code: 'syntax', line: 1 });
    expect(
      only(
        '[[rules]]\nname = "a"\neffect = "permit"\nwhen = {params = {"/a" = {max = nan}}}',
        'toml',
      ).code,
    ).toBe('wrong_type');
    expect(only('[[rules]]\nname = 1979-05-27\neffect = "permit"', 'toml')).toMatchObject({
      line: 2,
      path: '/rules/0/name',
    });
  });
});

describe('the schema', () => {
  const wrong: [string, string][] = [
    [rule('rate: {max: 1, per: 1 hour}'), 'bad_duration'],
    [rule('rate: {max: 1, per: 60}'), 'wrong_type'],
    [rule('rate: {max: 1, per: 0s}'), 'bad_duration'],
    [rule('rate: {max: 0, per: 1h}'), 'bad_value'],
    [rule('rate: {max: 1.5, per: 1h}'), 'wrong_type'],
    [rule('rate: {over: 1, per: 1h}'), 'misplaced_key'],
    [rule('rate: {per: 1h}'), 'missing_key'],
    [rule('rate: {max: 1, per: 1h, by: [principle]}'), 'bad_value'],
    [ruleOf('deny', 'when: {rate: {max: 1, per: 1h}}'), 'misplaced_key'],
    [rule('session: {age_over: 1h}'), 'misplaced_key'],
    [ruleOf('deny', 'when: {session: {age_max: 1h}}'), 'misplaced_key'],
    [ruleOf('deny', 'when: {session: {actions_max: 1}}'), 'misplaced_key'],
    [rule('time: {between: "9-18"}'), 'bad_time'],
    [rule('time: {between: "09:00-18:00", zone: Mars/Base}'), 'bad_zone'],
    [rule('time: {zone: UTC}'), 'missing_key'],
    [rule('env: {ip: 10.0.0.0/33}'), 'bad_address'],
    [rule('env: {country: in}'), 'bad_country'],
    [rule('action: FS.read'), 'bad_action'],
    [rule('action: "*"'), 'bad_action'],
    [rule('resource: /a/../b'), 'bad_glob'],
    [rule('resource: [/a, "/b?"]'), 'bad_glob'],
    [rule('resource: {glob: /a, ignorecase: true}'), 'unknown_key'],
    [rule('params: {amount: {max: 1}}'), 'bad_pointer'],
    [rule('params: {/a: {mox: 1}}'), 'unknown_key'],
    [rule('params: {/a: {max: "1"}}'), 'wrong_type'],
    [rule('params: {/a: {max: .inf}}'), 'wrong_type'],
    [rule('params: {/a: {in: [1, "1"]}}'), 'mixed_types'],
    [rule('params: {/a: {matches: "("}}'), 'bad_pattern'],
    [rule('params: {/a: {glob: "/a/./b"}}'), 'bad_glob'],
    [rule('params: {/a: 5}'), 'wrong_type'],
    [rule('params: {other: some}'), 'bad_value'],
    [ruleOf('deny', 'when: {params: {other: any}}'), 'misplaced_key'],
    [rule('principal: {kind: robot}'), 'bad_value'],
    [rule('principal: {role: x}'), 'unknown_key'],
    [rule('expr: "params.a <"'), 'bad_expr'],
    [rule('expr: "params.a + 1.0"'), 'expr_type'],
    [rule('expr: "params.l.all(x, params.m.all(y, x == y))"'), 'expr_cost'],
    [rule('labels: {/a: {integrity: maybe}}'), 'bad_value'],
    [ruleOf('permit', 'final: true'), 'misplaced_key'],
    [ruleOf('permit', 'absent: no_match'), 'misplaced_key'],
    [ruleOf('deny', 'absent: yes'), 'bad_value'],
    [ruleOf('modify', 'when: {action: x}'), 'misplaced_key'],
    [ruleOf('modify', 'then: {set: {/a: {}}}'), 'misplaced_key'],
    [ruleOf('modify', 'then: {set: {/a: {value: 1, cap: 2}}}'), 'misplaced_key'],
    [ruleOf('modify', 'then: {set: {a: {value: 1}}}'), 'bad_pointer'],
    [ruleOf('permit', 'then: {set: {/a: {value: 1}}}'), 'misplaced_key'],
    [ruleOf('deny', 'then: {approvers: [a]}'), 'misplaced_key'],
    [ruleOf('deny', 'then: {judge: L2}'), 'misplaced_key'],
    [ruleOf('permit', 'then: {judge: L4}'), 'bad_value'],
    [ruleOf('permit', 'priority: -1'), 'bad_value'],
    [ruleOf('permit', 'priority: high'), 'wrong_type'],
    [ruleOf('refuse', 'priority: 1'), 'bad_value'],
    ['rules: [{name: a, effect: deny}, {name: a, effect: deny}]', 'duplicate_name'],
    ['rules: [{name: "", effect: deny}]', 'bad_name'],
    ['invariants: [{name: i, param: /a}]', 'missing_key'],
    ['invariants: [{name: i, max: 5}]', 'missing_key'],
    ['invariants: [{name: i}]', 'missing_key'],
    ['invariants: [{name: i, session: {}}]', 'missing_key'],
    ['invariants: [{name: i, param: /a, max: "5"}]', 'wrong_type'],
    ['constraints: []', 'unknown_key'],
  ];

  it('refuses each of these with its own code and a place', () => {
    for (const [text, code] of wrong) {
      const report = checkPolicy(text);
      const errors = report.diagnostics.filter(({ severity }) => severity === 'error');
      expect([text, errors.map((error) => error.code)]).toEqual([text, errors.map(() => code)]);
      expect([text, errors.length]).not.toEqual([text, 0]);
      for (const error of errors) expect([text, error.line ?? 0]).not.toEqual([text, 0]);
    }
  });

  it('names every mistake at once: one in the shape hides none of names, keys and expressions', () => {
    const report = checkPolicy(`
rulez: []
rules:
  - {name: a, effect: permit, prioritty: 3, when: {action: x, time: {between: "9-18"}, expr: 'params.n <'}}
  - {name: a, effect: permit, when: {rate: {per: 1h}}}
  - {name: c, effect: allow}
  - {name: d, effect: permit, final: true, when: {acton: x}}
  - 5
invariants:
  - {name: i, param: amount, max: 1}
  - {name: j, param: /amount}
budgets: many
`);
    expect(report.diagnostics.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'unknown_key /rulez',
      'unknown_key /rules/0/prioritty',
      'bad_time /rules/0/when/time/between',
      'bad_expr /rules/0/when/expr',
      'duplicate_name /rules/1/name',
      'missing_key /rules/1/when/rate',
      'bad_value /rules/2/effect',
      'misplaced_key /rules/3/final',
      'unknown_key /rules/3/when/acton',
      'wrong_type /rules/4',
      'bad_pointer /invariants/0/param',
      'missing_key /invariants/1/param',
      'wrong_type /budgets',
    ]);
  });

  it('takes all of the language', () => {
    const report = checkPolicy(`
version: 1
description: all of it
remedy: ask
rules:
  - name: agent-small-refunds
    effect: permit
    priority: 100
    when:
      principal: {kind: agent, roles: [support], id: [bot-1], on_behalf_of: alice, attributes: {tier: gold}}
      action: issue_refund
      resource: ["/workspace/**", "https://*.example.com/**"]
      params:
        /amount: {min: 0, max: 5000}
        /currency: {in: [EUR, USD]}
        /to: {matches: '^[a-z]+@corp\\.com$', length: {max: 100}, type: string}
        other: any
      rate: {max: 50, per: 24h, by: [principal, action, session, resource, on_behalf_of, /currency]}
      session: {age_max: 1h, actions_max: 100, quarantined: false}
      time: {between: "09:00-18:00", zone: Asia/Kolkata}
      env: {ip: 10.0.0.0/8, country: [IN], region: KA, city: [Bengaluru], device: d1, user_agent: x}
      expr: 'params.amount < 100.0 || principal.attributes.tier == "gold"'
    then: {notify: ops, judge: L2}
    reason: small refunds are routine
    remedy: none needed
  - {name: cap, effect: modify, when: {action: a}, then: {set: {/amount: {cap: 100, floor: 0}, /x: {value: {a: [1]}}, /y: {remove: true}}}}
  - {name: held, effect: require_approval, when: {action: b, session: {age_over: 1h}}, then: {approvers: [lead, "role:boss"], quorum: 2}, absent: no_match}
  - {name: later, effect: defer, when: {action: c, rate: {over: 5, per: 1m}}}
  - {name: never, effect: deny, final: true, when: {action: [d, "e.*"], labels: {/recipient: {integrity: trusted}}}}
invariants:
  - {name: hard-cap, action: issue_refund, param: /amount, max: 50000}
  - {name: session, session: {age_max: 8h, actions_max: 1000}}
  - {name: names, allowed_actions: ["**"], blocked_actions: [proc.exec]}
`);
    expect(report).toMatchObject({ ok: true, rules: 5 });
  });

  it('knows no prototype', () => {
    expect(only('{"__proto__": {"rules": []}}', 'json').code).toBe('unknown_key');
    expect(only('{"constructor": 1}', 'json').code).toBe('unknown_key');
    expect(only('{"rules": [{"name": "a", "effect": "toString"}]}', 'json').code).toBe('bad_value');
  });
});

describe('hostile texts', () => {
  it('are answered in linear time: keys, broken rules and headers by the ten thousand', () => {
    const many = (make: (n: number) => string, join: string) =>
      Array.from({ length: 10_000 }, (_, n) => make(n)).join(join);
    const keys = many((n) => `"k${n}": 1`, ', ');
    const texts: [string, PolicyFormat][] = [
      [`{"rules": [{"name": "r", "effect": "deny", "when": {${keys}}, ${keys}}]}`, 'json'],
      [`{"rules": [${many(() => '{"name": "a", "effect": "x"}', ',')}]}`, 'json'],
      [many((n) => `k${n}: 1`, '\n'), 'yaml'],
      [`{${many((n) => `k${n}: 1`, ', ')}}`, 'yaml'],
      [many((n) => `k${n} = 1`, '\n'), 'toml'],
      [`[${' '.repeat(40_000)}`, 'toml'],
    ];
    for (const [text, format] of texts) {
      const before = process.threadCpuUsage();
      expect(checkPolicy(text, format).ok).toBe(false);
      const took = process.threadCpuUsage(before).user;
      expect([text.slice(0, 40), format, took > 8_000_000 && took]).toEqual([
        text.slice(0, 40),
        format,
        false,
      ]);
    }
  });

  it('are told once that they are nested too deeply', () => {
    for (const level of ['[', '{a: ', '- ']) {
      const { diagnostics } = checkPolicy(level.repeat(10_000));
      expect(diagnostics.map(({ message }) => message)).toEqual([
        'the document is nested too deeply',
      ]);
    }
  });

  it('name a repeated key of any depth, once for each time that it comes again', () => {
    const { diagnostics } = checkPolicy(
      'rules:\n  - {name: a, name: b, effect: deny}\nrules: []\n',
    );
    expect(diagnostics.map(({ code, line, column }) => [code, line, column])).toEqual([
      ['duplicate_key', 2, 15],
      ['duplicate_key', 3, 1],
    ]);
  });

  it('are answers: alias bombs, depth, size', () => {
    const bomb = `a: &a [${'x,'.repeat(9)}x]\n${Array.from({ length: 9 }, (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${`*${'abcdefghi'[i]},`.repeat(9)}*${'abcdefghi'[i]}]`).join('\n')}\n`;
    expect(checkPolicy(bomb).ok).toBe(false);
    expect(checkPolicy('x'.repeat(9_000_000))).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'too_large' }],
    });
    for (const format of ['yaml', 'json', 'toml'] as const) {
      expect(checkPolicy(`${'['.repeat(3_000)}`, format).ok).toBe(false);
      expect(checkPolicy(`${'['.repeat(2_000)}${']'.repeat(2_000)}`, format).ok).toBe(false);
      expect(checkPolicy('\0\u{feff}\ud800', format).ok).toBe(false);
      expect(checkPolicy('', format)).toMatchObject({ ok: true, rules: 0 });
    }
    expect(checkPolicy(5 as never).ok).toBe(false);
  });

  it('never make the reader throw', () => {
    const piece = fc.constantFrom(
      'rules',
      ':',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      'name',
      'effect',
      'permit',
      'when',
      '&a',
      '*a',
      '!!',
      '<<',
      '|',
      '>',
      '#',
      '=',
      '1',
      'version',
      '\t',
      '?',
      ',',
      'null',
      '---',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 25 }),
        fc.constantFrom('yaml' as const, 'json' as const, 'toml' as const),
        (pieces, format) => {
          const { ok, diagnostics } = checkPolicy(pieces.join(''), format);
          if (!ok) expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
