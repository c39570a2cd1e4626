/** Every command against a real sidecar. One sidecar serves the whole file; what needs no process of its own has none. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@portcullis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../testing/call.ts';
import { type Place, place } from '../testing/run.ts';
import { type Serving, serve } from '../testing/serving.ts';

let here: Place;
let sidecar: Serving;

beforeAll(async () => {
  here = place();
  writeFileSync(join(here.dir, 'README.md'), 'hello\nsecond line\n');
  writeFileSync(join(here.dir, 'hostile.txt'), 'a\u001b[2Jb\u202ec\u009b1m\n');
  sidecar = await serve(here);
});
afterAll(() => here.clear());

const run = (...args: string[]) => call(here, args);

async function idOf(...args: string[]): Promise<string> {
  const { out } = await run(...args, '--json');
  return JSON.parse(out).decision.id;
}

describe('serve', () => {
  test('says where it is, where the keys are, what is permitted, and what to try', () => {
    const { banner, url } = sidecar;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(banner).toContain(join(here.dataDir, 'api-key'));
    expect(banner).toContain(join(here.dataDir, 'portcullis.sock'));
    expect(banner).toContain('everything else is denied');
    expect(banner.match(/^ {2}curl /gm)).toHaveLength(3);
    expect(banner).not.toContain(readFileSync(join(here.dataDir, 'api-key'), 'utf8').trim());
  });

  test('its lines work as they are printed', async () => {
    const { execFileSync } = await import('node:child_process');
    const [key = ''] = sidecar.banner.match(/^ {2}KEY=.*$/m) ?? [];
    const lines: string[] = sidecar.banner.match(/^ {2}curl .*$/gm) ?? [];
    const shell = (line = ''): string =>
      execFileSync('sh', ['-c', `${key}\n${line}`], { encoding: 'utf8' });
    const [permitted, denied] = lines.slice(0, 2).map(shell);
    const why = shell(lines[2]?.replace(/ID$/, JSON.parse(denied ?? '').decision.id));
    expect(JSON.parse(permitted ?? '')).toMatchObject({
      decision: { effect: 'permit' },
      frame: { data: 'hello\nsecond line\n' },
    });
    expect(JSON.parse(denied ?? '').decision).toMatchObject({
      effect: 'deny',
      remedy: expect.stringMatching(/./),
    });
    expect(JSON.parse(why)).toMatchObject({
      action: 'fs.read',
      resource: '/etc/shadow',
      effect: 'deny',
    });
  });

  test.each([
    ['a policy with mistakes', ['--policy', 'bad.yaml'], /does not load\n(?: +1:9 .*\n)+ +1:10 /],
    ['a policy that is not there', ['--policy', 'nope.yaml'], /policy\.file: cannot read .*ENOENT/],
    ['a start directory that is not there', ['--start-dir', 'nope'], /start_dir: .*ENOENT/],
    ['a start directory that is none', ['--start-dir', 'bad.yaml'], /start_dir: .*not a directory/],
    ['the world without TLS', ['--host', '0.0.0.0'], /needs tls\n +say tls\.cert/],
  ])('%s is said, and what to do', async (_, flags, said) => {
    const there = place();
    try {
      writeFileSync(join(there.dir, 'bad.yaml'), 'rules: [{nam: a}]\n');
      const ran = await there.run(['serve', '--port', '0', ...flags]);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err).toMatch(said);
      expect(ran.err).not.toContain('file://');
    } finally {
      there.clear();
    }
  });

  test('a second one on the data directory says so and stops', async () => {
    const second = await here.run(['serve', '--port', '0']);
    expect(second).toMatchObject({ code: 3, out: '' });
    expect(second.err).toContain('already_running');
    expect(second.err).toContain(here.dataDir);
  });
});

describe('submit and decide', () => {
  test('a permitted action: the data alone on stdout, exit 0', async () => {
    const ran = await run('submit', 'fs.read', 'README.md');
    expect(ran).toMatchObject({ code: 0, out: 'hello\nsecond line\n' });
    expect(ran.err).toMatch(/^permit {2}fs\.read .*README\.md\n/);
  });

  test('the result as it comes: the same bytes, or a frame a line', async () => {
    const text = Array.from({ length: 9_000 }, (_, i) => `line ${i} of many\n`).join('');
    writeFileSync(join(here.dir, 'long.md'), text);
    const ran = await run('submit', 'fs.read', 'long.md', '--stream');
    expect(ran.code).toBe(0);
    expect(text.startsWith(ran.out.slice(0, 20_000))).toBe(true);
    expect(ran.err).toMatch(/^permit {2}fs\.read .*long\.md\n/);
    const lines = (await run('submit', 'fs.read', 'long.md', '--stream', '--json')).out.trim();
    const frames = lines.split('\n').map((line) => JSON.parse(line));
    expect(frames.length).toBeGreaterThan(1);
    expect(frames.map(({ final }) => final)).toEqual(
      frames.map((_, at) => at === frames.length - 1),
    );
    expect(frames.at(-1).result.outcome.status).toBe('ok');
    const denied = await run('submit', 'fs.read', '/etc/shadow', '--stream');
    expect(denied).toMatchObject({ code: 1, out: '' });
  });

  test('a denied one: code, reason, remedy and where to read more, exit 1', async () => {
    const ran = await run('submit', 'fs.read', '/etc/shadow');
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toMatch(/^deny {2}fs\.read \/etc\/shadow\n/);
    expect(ran.err).toMatch(/code +no_matching_rule/);
    expect(ran.err).toMatch(/remedy +\S/);
    expect(ran.err).toMatch(/portcullis explain act_/);
  });

  test('a permitted one that fails is a fault', async () => {
    const ran = await run('submit', 'fs.read', 'not-there.md');
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(/error +\w+: /);
  });

  test('params come from the line, from a file and from stdin', async () => {
    const params = '{"length":5}';
    writeFileSync(join(here.dir, 'p.json'), params);
    expect((await run('submit', 'fs.read', 'README.md', '--params', params)).out).toBe('hello\n');
    expect((await run('submit', 'fs.read', 'README.md', '--params', '@p.json')).out).toBe(
      'hello\n',
    );
    const stdin = await here.run(['submit', 'fs.read', 'README.md', '--params', '-'], {
      input: params,
    });
    expect(stdin.out).toBe('hello\n');
  });

  test('what a file holds cannot command the terminal', async () => {
    const ran = await run('submit', 'fs.read', 'hostile.txt');
    expect(ran.out).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{9b}1m\n');
    const json = await run('submit', 'fs.read', 'hostile.txt', '--json');
    expect(json.out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(json.out).frame.data).toBe('a\u001b[2Jb\u202ec\u009b1m\n');
  });

  test('a hostile resource is refused, recorded and printed as an escape', async () => {
    const ran = await run(
      'submit',
      'fs.read',
      'x\u001b[31m\u202e',
      '--justification',
      'why\u001b]0;x\u0007',
    );
    expect(ran.code).toBe(1);
    expect(ran.err).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    for (const args of [['log'], ['log', '--json'], ['trace', '--latest']]) {
      expect((await run(...args)).out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
  });

  test('decide gives a permit, and none for a pure check', async () => {
    const host = await run('decide', 'fs.read', 'README.md');
    expect(host.code).toBe(0);
    expect(host.out.trim()).toMatch(/^\S{100,}$/);
    const check = await run('decide', 'fs.read', 'README.md', '--execution', 'none');
    expect(check).toMatchObject({ code: 0, out: '' });
    expect((await run('decide', 'fs.read', '/etc/shadow')).code).toBe(1);
  });
});

describe('log, trace, explain', () => {
  test('one line per action, with filters', async () => {
    const id = await idOf('submit', 'fs.read', 'README.md');
    const denied = await idOf('submit', 'fs.read', '/etc/shadow');
    const { out } = await run('log');
    expect(out.split('\n').filter((line) => line.includes(id))).toHaveLength(1);
    expect(out).toMatch(new RegExp(`Z {2}${id} +local +fs\\.read +.*README\\.md +permit +ok +\\d`));
    const ids = async (...args: string[]): Promise<string[]> =>
      JSON.parse((await run('log', '--json', ...args)).out).map((line: { id: string }) => line.id);
    expect(await ids('--status', 'deny')).not.toContain(id);
    expect(await ids('--status', 'deny')).toContain(denied);
    expect(await ids('--status', 'ok', '--limit', '1')).toEqual([id]);
    expect(await ids('--action', 'http.get')).toEqual([]);
    expect(await ids('--principal', 'nobody')).toEqual([]);
    expect(await ids('--since', '1h', '--limit', '1')).toEqual([denied]);
    expect(await ids('--until', '2020-01-01T00:00:00Z')).toEqual([]);
  });

  test('trace draws a session as a tree', async () => {
    const id = await idOf('submit', 'fs.read', 'README.md');
    const { out, code } = await run('trace', '--latest');
    expect(code).toBe(0);
    expect(out).toMatch(/^ses_\S+ {2}local {2}\d+ actions, \d+ denied\n/);
    expect(out).toMatch(
      new RegExp(
        `└─ .* fs\\.read .*README\\.md\\n {3}├─ permit {2}rule \\S+ {2}${id}\\n {3}└─ ok, `,
      ),
    );
    const session = out.split(' ')[0] ?? '';
    expect(JSON.parse((await run('trace', session, '--json')).out).session).toBe(session);
    const unknown = await run('trace', 'ses_AAAAAAAAAAAAAAAAAAAAAA');
    expect(unknown.code).toBe(3);
    expect(unknown.err).toContain('unknown_session');
  });

  test('explain tells the story, to an auditor guard by guard', async () => {
    const id = await idOf('submit', 'fs.read', '/etc/shadow', '--justification', 'curiosity');
    const { out, code } = await run('explain', id);
    expect(code).toBe(0);
    for (const part of [
      'Who and what',
      'curiosity',
      'no_matching_rule',
      'Guards',
      'policy  deny',
      'Records',
    ]) {
      expect(out).toContain(part);
    }
    const key = readFileSync(join(here.dataDir, 'api-key'), 'utf8').trim();
    const own = await here.run(['explain', id], { env: { PORTCULLIS_API_KEY: key } });
    expect(own.code).toBe(0);
    expect(own.out).not.toContain('Guards');
    expect(own.out).toContain('curiosity');
    for (const unknown of ['act_AAAAAAAAAAAAAAAAAAAAAA', '../../x', '\u0000', 'x'.repeat(10_000)]) {
      if (unknown === '\u0000') continue;
      const ran = await run('explain', unknown);
      expect(ran.code).toBe(3);
      expect(ran.out).toBe('');
    }
  });

  test('follow prints what is settled, until it is interrupted', async () => {
    const child = here.start(['log', '--follow', '--json', '--status', 'deny', '--limit', '1']);
    const lines: string[] = [];
    let wake = (): void => {};
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.trim().split('\n'));
      wake();
    });
    const until = async (enough: () => boolean): Promise<void> => {
      while (!enough())
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    };
    await until(() => lines.length >= 1);
    await run('submit', 'fs.read', 'README.md');
    const id = await idOf('submit', 'fs.read', '/etc/gshadow');
    await until(() => lines.some((line) => line.includes(id)));
    expect(lines.map((line) => JSON.parse(line).effect)).toEqual(lines.map(() => 'deny'));
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    expect(await closed).toBe(0);
  });
});

describe('status, sessions, keys, freeze, resolve', () => {
  test('status says what became of a policy file that does not load, to who may know', async () => {
    const there = place();
    const file = join(there.dir, 'policy.yaml');
    writeFileSync(file, 'version: 1\nrules:\n  - {name: a, effect: deny}\n');
    try {
      await serve(there, ['--policy', file]);
      expect((await there.run(['status'])).out).not.toContain('does not load');
      writeFileSync(file, 'rules: [{nam: b}]\n');
      await expect
        .poll(async () => (await there.run(['status'])).out, { interval: 200 })
        .toMatch(/this one stays in force: .*"name" is missing/);
      const PORTCULLIS_API_KEY = readFileSync(join(there.dataDir, 'api-key'), 'utf8').trim();
      const agent = await there.run(['status'], { env: { PORTCULLIS_API_KEY } });
      expect(agent.code).toBe(0);
      expect(agent.out).not.toContain('stays in force');
    } finally {
      there.clear();
    }
  });

  test('status says all that matters', async () => {
    const { out, code } = await run('status');
    expect(code).toBe(0);
    for (const name of [
      'mode',
      'frozen',
      'policy',
      'sandbox',
      'durability',
      'journal',
      'held',
      'unknown',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
    expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({
      api: 'v1',
      mode: 'enforce',
    });
  });

  test('sessions', async () => {
    const [first] = JSON.parse((await run('sessions', 'list', '--json')).out);
    expect(first).toMatchObject({ principal: 'local' });
    expect((await run('sessions', 'show', first.id)).out).toContain('principal');
    expect((await run('sessions', 'show')).out).toContain(first.id);
  });

  test('a quarantine, what it stops, and its end', async () => {
    const { id } = JSON.parse((await run('sessions', 'show', '--json')).out);
    const once = ['submit', 'fs.read', 'README.md', '--idempotency-key', 'before'];
    expect((await run(...once)).out).toContain('hello');
    const held = await run('sessions', 'quarantine', id, '--level', 'frozen', '--reason', 'odd');
    expect(held).toMatchObject({ code: 0, out: `${id} has quarantine frozen\n` });
    expect((await run('submit', 'fs.read', 'README.md')).err).toContain('session_quarantined');
    const again = await run(...once);
    expect([again.out, again.err]).toEqual([
      '',
      expect.stringMatching(/withheld +session_quarantined/),
    ]);
    expect((await run('sessions', 'show', id)).out).toMatch(/quarantine +frozen/);
    expect((await run('sessions', 'release', id, '--level', 'deep')).code).toBe(2);
    expect((await run('sessions', 'release', id, '--reason', 'looked at')).out).toBe(
      `${id} has quarantine none\n`,
    );
    expect((await run('submit', 'fs.read', 'README.md')).code).toBe(0);
  });

  test('a key: shown once on stdout, used, rotated, revoked', async () => {
    const made = await run(
      'keys',
      'create',
      '--principal',
      'bot-7',
      '--roles',
      'support',
      '--rights',
      'submit,explain',
    );
    expect(made.code).toBe(0);
    const key = made.out.trim();
    const env = { PORTCULLIS_API_KEY: key };
    expect((await here.run(['submit', 'fs.read', 'README.md'], { env })).code).toBe(0);
    expect((await here.run(['freeze'], { env })).err).toContain('forbidden');
    const list = await run('keys', 'list');
    expect(list.out).toContain('bot-7');
    expect(list.out).not.toContain(key);
    const id = /^key (\S+) /.exec(made.err)?.[1] ?? '';
    const rotated = await run('keys', 'rotate', id);
    expect((await here.run(['status'], { env })).code).toBe(3);
    const fresh = { PORTCULLIS_API_KEY: rotated.out.trim() };
    expect((await here.run(['submit', 'fs.read', 'README.md'], { env: fresh })).code).toBe(0);
    expect((await run('keys', 'revoke', id)).code).toBe(0);
    expect((await here.run(['status'], { env: fresh })).err).toContain('unauthenticated');
    expect((await run('keys', 'revoke', '../x')).err).toContain('not_found');
  });

  test('a key with rights that are none is refused', async () => {
    const ran = await run('keys', 'create', '--principal', 'x', '--rights', 'everything');
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('valid: submit, decide,');
    const typo = await run('keys', 'create', '--principal', 'x', '--rights', 'sumbit');
    expect(typo.err).toContain('did you mean submit?');
  });

  test('a key ends at a time of any zone or after a while, and never before it is made', async () => {
    const create = (expires: string) =>
      run('keys', 'create', '--principal', 'x', '--json', '--expires', expires);
    const expiry = async (text: string) => JSON.parse((await create(text)).out).expires;
    expect(await expiry('2090-01-01T02:00:00+02:00')).toBe('2090-01-01T00:00:00.000Z');
    expect(Math.abs(Date.parse(await expiry('1h')) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    for (const [text, why] of [
      ['2020-01-01', 'in the past'],
      ['tomorrow', 'expected a time'],
      ['0s', ''],
    ] as const) {
      const ran = await create(text);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err).toContain(why);
    }
  });

  test('freeze denies until it is lifted', async () => {
    expect((await run('freeze', '--reason', 'test')).out).toContain('frozen');
    const denied = await run('submit', 'fs.read', 'README.md');
    expect(denied.code).toBe(1);
    expect(denied.err).toContain('frozen');
    expect((await run('status')).out).toMatch(/frozen +yes/);
    expect((await run('freeze', '--lift')).code).toBe(0);
    expect((await run('submit', 'fs.read', 'README.md')).code).toBe(0);
  });

  test('invalidate ends a principal until it is lifted, and lists what is over', async () => {
    expect((await run('invalidate')).out).toContain('nothing is invalidated');
    const ended = await run('invalidate', 'principal', 'local', '--reason', 'lost laptop');
    expect(ended).toMatchObject({ code: 0, out: 'invalidated: principal local\n' });
    const denied = await run('submit', 'fs.read', 'README.md');
    expect(denied.code).toBe(1);
    expect(denied.err).toContain('invalidated');
    expect((await run('invalidate')).out).toContain('principal local  administrator: lost laptop');
    const [row] = JSON.parse((await run('invalidate', '--json')).out);
    expect(row).toMatchObject({ target: 'principal', id: 'local', reason: 'lost laptop' });
    expect((await run('invalidate', 'principal', 'local', '--lift')).code).toBe(0);
    expect((await run('submit', 'fs.read', 'README.md')).code).toBe(0);
    for (const wrong of [['moon', 'x'], ['session'], ['--lift']])
      expect((await run('invalidate', ...wrong)).code).toBe(2);
    expect((await run('invalidate', 'session', 'ses_none')).err).toContain('unknown_session');
  });

  test('sessions endorse and declassify', async () => {
    const [{ id }] = JSON.parse((await run('sessions', 'list', '--json')).out);
    expect((await run('sessions', 'endorse', id, 'bob@example.com')).out).toContain('endorsed');
    const ran = await run('sessions', 'declassify', id, '42', '--reason', 'published');
    expect(ran.out).toContain('declassified');
    expect((await run('sessions', 'endorse', 'ses_none', 'x')).err).toContain('unknown_session');
  });

  test('grants: listed, and revoked by what one names', async () => {
    const kernel = await connect({
      url: sidecar.url,
      apiKey: readFileSync(join(here.dataDir, 'api-key'), 'utf8').trim(),
    });
    const granted = await Promise.all([1, 2].map(() => kernel.grant({ capability: 'fs.read' })));
    const used = await kernel.invoke({
      token: granted[0]?.token as string,
      args: { resource: 'README.md' },
      response_mode: 'handle_only',
    });
    await kernel.expand({ handle: used.frame?.handle ?? '', query: { limit: 2 } });
    await kernel.close();
    const story = await run('explain', used.decision.id);
    for (const part of [
      new RegExp(`grant +${granted[0]?.id} of fs.read`),
      /executed by +provider fs/,
      /shown +handle_only: .*a handle for the rest/,
      /paged +2 rows, /,
    ])
      expect(story.out).toMatch(part);
    const listed = await run('grants', 'list');
    expect(listed.out).toMatch(/fs\.read .* 1 of 10 +live/);
    expect(JSON.parse((await run('grants', 'list', '--json')).out)).toHaveLength(2);
    expect((await run('grants', 'list', '--principal', 'nobody')).err).toContain('no live grants');
    const revoked = await run('grants', 'revoke', granted[0]?.id as string);
    expect(revoked).toMatchObject({ code: 0, out: 'revoked: 1 grant\n' });
    expect((await run('grants', 'list')).out).toContain('revoked');
    const all = await run(
      'grants',
      'revoke',
      '--capability',
      'fs.read',
      '--reason',
      'test',
      '--json',
    );
    expect(JSON.parse(all.out)).toMatchObject({ grants: 1 });
    for (const wrong of [[], ['grt_1', '--block', 'x']])
      expect((await run('grants', 'revoke', ...wrong)).code).toBe(2);
    expect((await run('grants', 'revoke', 'grt_none')).err).toContain('not_found');
  });

  test('a capability is registered, and deleted with its grants', async () => {
    const file = join(here.dir, 'capability.yaml');
    const about = 'name: Notes, description: Read notes., action: fs.read, safety: read';
    writeFileSync(file, `{id: notes.read, ${about}}\n`);
    expect((await run('capabilities', 'put', file)).code).toBe(0);
    expect((await run('capabilities', 'list')).out).toContain('notes.read');
    const deleted = await run('capabilities', 'delete', 'notes.read');
    expect(deleted).toMatchObject({ code: 0, out: 'deleted: 0 grants fell\n' });
    expect((await run('capabilities', 'list')).out).not.toContain('notes.read');
    expect((await run('capabilities', 'delete', 'notes.read')).err).toContain('not_found');
    const builtIn = await run('capabilities', 'delete', 'file.read', '--json');
    expect([builtIn.code, builtIn.err]).toEqual([3, expect.stringContaining('is built in')]);
  });

  test('resolve of what is not unknown is refused', async () => {
    const id = await idOf('submit', 'fs.read', 'README.md');
    const ran = await run('resolve', id, '--happened');
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(/conflict|not_found/);
  });
});

describe('where the sidecar is', () => {
  test('by url with the key of this data directory, by unix url, and nowhere', async () => {
    expect((await run('status', '--url', sidecar.url)).code).toBe(0);
    expect(
      (await run('status', '--url', `unix:${join(here.dataDir, 'portcullis.sock')}`)).code,
    ).toBe(0);
    const nowhere = await run('status', '--url', 'http://127.0.0.1:1');
    expect(nowhere.code).toBe(3);
    expect(nowhere.err).toContain('unavailable');
    const away = await run('status', '--url', 'https://gate.invalid');
    expect(away).toMatchObject({ code: 2 });
    expect(away.err).toContain('PORTCULLIS_API_KEY');
  });

  test('--local while a sidecar has the journal is already_running', async () => {
    const ran = await run('submit', 'fs.read', 'README.md', '--local');
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toContain('already_running');
  });
});

describe('verify', () => {
  test('beside the running sidecar, and by it', async () => {
    const ran = await run('verify');
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('verified');
    expect(JSON.parse((await run('verify', '--json')).out)).toMatchObject({ ok: true });
    expect((await run('verify', '--remote')).out).toContain('verified');
  });

  test('prints the key for auditors', async () => {
    const { out } = await run('verify', '--print-key');
    expect(out).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(out).not.toContain('PRIVATE');
  });
});
