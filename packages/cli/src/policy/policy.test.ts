/** The policy commands, and the worked policies: they load without a warning, and cases reach every rule. */
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../testing/call.ts';
import { type Place, place } from '../testing/run.ts';
import { junit } from './junit.ts';

const policies = fileURLToPath(new URL('../../../../policies/', import.meta.url));

let here: Place;
beforeAll(() => {
  here = place();
});
afterAll(() => here.clear());

const file = (name: string, text: string): string => {
  writeFileSync(join(here.dir, name), text);
  return name;
};

describe.each(['restrictive', 'example', 'permissive'])('the worked policy %s', (name) => {
  const path = join(policies, `${name}.yaml`);

  test('loads without a warning', async () => {
    const ran = await here.run(['policy', 'check', path, '--json']);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ ok: true, diagnostics: [] });
  });

  test('passes its cases, and they reach every rule', async () => {
    const ran = await here.run(['policy', 'test', path, '--min-coverage', '100', '--json']);
    const { tables } = JSON.parse(ran.out);
    expect(tables[0].report.cases.filter((one: { ok: boolean }) => !one.ok)).toEqual([]);
    expect(tables[0].report.coverage.missing).toEqual([]);
    expect(ran.code).toBe(0);
  });

  test('is what init writes, and that loads too', async () => {
    const own = place();
    try {
      expect((await call(own, ['init', '--yes', '--policy', name])).code).toBe(0);
      expect((await call(own, ['policy', 'check'])).out).toMatch(/^ok /);
      expect((await call(own, ['status', '--local'])).code).toBe(0);
    } finally {
      await own.clear();
    }
  });
});

describe('policy check', () => {
  test('names every mistake with its place, exit 1', async () => {
    const path = file(
      'bad.yaml',
      'version: 1\nrules:\n  - name: a\n    efect: permit\n    when: {time: {between: "9-17"}}\n',
    );
    const ran = await call(here, ['policy', 'check', path]);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(
      /^bad\.yaml:4:5 {2}error {2}unknown key "efect"; did you mean "effect"\?/m,
    );
    expect(ran.out).toMatch(/^bad\.yaml:5:\d+ {2}error .*bad_time$/m);
    expect(ran.out).toContain('does not load');
  });

  test('warnings do not fail it, and formats go by their ending', async () => {
    const path = file('open.toml', 'version = 1\n[[rules]]\nname = "all"\neffect = "permit"\n');
    const ran = await call(here, ['policy', 'check', path]);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/warning .*unconditional_permit/);
  });

  test('what cannot be read is usage; without a file and a configuration too', async () => {
    expect((await call(here, ['policy', 'check', 'nope.yaml'])).code).toBe(2);
    expect((await call(here, ['policy', 'check', '/dev/zero'])).err).toContain('not a file');
    expect((await call(here, ['policy', 'check'])).err).toContain('workspace-read');
  });

  test('a policy cannot command the terminal', async () => {
    const path = file(
      'hostile.yaml',
      'rules:\n  - {name: "\\e[2J\\u202e", effect: permit, "\\e]0;x\\a": 1}\n',
    );
    const ran = await call(here, ['policy', 'check', path]);
    expect(ran.code).toBe(1);
    expect(ran.out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });
});

describe('policy test', () => {
  const rules =
    'rules:\n  - {name: reads, effect: permit, when: {action: fs.read}}\n  - {name: never, effect: deny, when: {action: fs.delete}}\n';
  const cases = (effect: string): string =>
    `cases:\n  - name: a & <b>\n    principal: {id: x}\n    action: {action: fs.read, resource: /a}\n    expect: {effect: ${effect}}\n`;

  test('failures by line, what is not reached, exit 1, and a report for CI', async () => {
    file('p.yaml', rules);
    file('p.cases.yaml', cases('deny'));
    const ran = await call(here, ['policy', 'test', 'p.yaml', '--junit', 'out/report.xml']);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('p.cases.yaml:2  failed  a & <b>');
    expect(ran.out).toContain('effect: expected deny, got permit');
    expect(ran.out).toContain('no case reaches never');
    const xml = readFileSync(join(here.dir, 'out/report.xml'), 'utf8');
    expect(xml).toContain('tests="1" failures="1"');
    expect(xml).toContain('name="a &amp; &lt;b&gt;"');
  });

  test('a case that says what happened before goes through all of the gate', async () => {
    file(
      's.yaml',
      `${rules}behaviour:\n  - {name: twice, sequence: a then b, steps: {a: {action: fs.read, resource: /a}, b: {action: fs.read}}, effect: deny, reason: once is enough}\n`,
    );
    const before = (effect: string): string =>
      cases('deny').replace(
        'expect:',
        `before: [{action: {action: fs.read, resource: /a}, expect: ${effect}}]\n    expect:`,
      );
    file('s.cases.yaml', before('permit'));
    expect(await call(here, ['policy', 'test', 's.yaml'])).toMatchObject({ code: 0 });
    file('s.cases.yaml', before('deny'));
    const ran = await call(here, ['policy', 'test', 's.yaml']);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('before 1: fs.read came to permit (permitted)');
  });

  test('coverage can be demanded', async () => {
    file('q.yaml', rules);
    file('q.cases.yaml', cases('permit'));
    expect((await call(here, ['policy', 'test', 'q.yaml'])).code).toBe(0);
    const short = await call(here, ['policy', 'test', 'q.yaml', '--min-coverage', '51']);
    expect(short.code).toBe(1);
    expect(short.out).toContain('coverage below 51 %');
  });

  test('a table with mistakes has run nothing', async () => {
    file('r.yaml', rules);
    file('r.cases.yaml', cases('permitt'));
    const ran = await call(here, ['policy', 'test', 'r.yaml']);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/r\.cases\.yaml:5:\d+ {2}error .*did you mean permit/);
  });

  test('no table, or no policy to it, is usage', async () => {
    file('alone.yaml', rules);
    expect((await call(here, ['policy', 'test', 'alone.yaml'])).err).toContain('alone.cases.yaml');
    file('orphan.cases.yaml', cases('permit'));
    expect((await call(here, ['policy', 'test', 'orphan.cases.yaml'])).code).toBe(2);
    file('broken.yaml', 'rules: 7');
    file('broken.cases.yaml', cases('permit'));
    const broken = await call(here, ['policy', 'test', 'broken.yaml']);
    expect(broken).toMatchObject({ code: 2 });
    expect(broken.err).toContain('does not load');
  });
});

describe('policy explain', () => {
  const path = join(policies, 'example.yaml');
  const explain = (...args: string[]) =>
    call(here, ['policy', 'explain', '--policy', path, ...args]);

  test('without an action: the rules in the order of judgement', async () => {
    const { out, code } = await explain();
    expect(code).toBe(0);
    expect(out.indexOf('secrets-stay-closed')).toBeLessThan(out.indexOf('read-the-workspace'));
    expect(out).toContain('nothing-is-deleted-elsewhere');
  });

  test('with one: each rule, each condition, and what decided', async () => {
    const denied = await explain('fs.read', '/workspace/.env');
    expect(denied.code).toBe(1);
    expect(denied.out).toMatch(/secrets-stay-closed {2}deny {2}final {2}matches {2}decided/);
    expect(denied.out).toContain('/when/resource');
    const permitted = await explain('fs.read', '/workspace/a');
    expect(permitted.code).toBe(0);
    const capped = await explain('http.delete', 'https://api.example.com/x', '--json');
    expect(JSON.parse(capped.out).decision.code).toBe('invariant_violated');
  });

  test('the default policy where none is configured, and what is no action', async () => {
    expect((await call(here, ['policy', 'explain', 'fs.read', 'a.txt'])).out).toContain(
      'read-workspace',
    );
    const odd = await explain('http.get', 'file:///etc/passwd');
    expect(odd.code).toBe(1);
    expect(odd.out).toContain('invalid_resource');
    expect((await explain('fs.read', '/a', '--now', 'noon')).code).toBe(2);
    // Without a zone it is UTC, whatever the machine's.
    expect((await explain('fs.read', '/a', '--now', 'January 5, 2026')).code).toBe(2);
  });

  test('in a start directory that is a link: as the gate says of the real one', async () => {
    const link = join(here.dir, 'link');
    mkdirSync(join(here.dir, 'real'));
    symlinkSync(join(here.dir, 'real'), link);
    for (const preset of [undefined, 'workspace-read']) {
      const env = {
        PORTCULLIS_START_DIR: link,
        ...(preset === undefined ? {} : { PORTCULLIS_POLICY_PRESET: preset }),
      };
      const ran = await here.run(['policy', 'explain', 'fs.read', 'a.txt'], { env });
      expect(ran.out, preset).toContain(`permit  fs.read ${realpathSync(link)}/a.txt`);
    }
  });
});

test('a JUnit report is XML whatever a case is called', () => {
  const xml = junit([
    { name: 'a"b', seconds: 1, cases: [{ name: 'x\u0000\u001b\ud800\ufffe<', failure: 'a\nb' }] },
  ]);
  expect(xml).toContain('classname="a&quot;b" name="x\uFFFD\uFFFD\uFFFD\uFFFD&lt;"');
  expect(xml).toContain('message="a&#10;b"');
});
