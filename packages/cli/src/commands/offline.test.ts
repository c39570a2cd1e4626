/** What works without a sidecar that was started before: private ones, --local, and verification after somebody was at the files. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../testing/call.ts';
import { finished, type Place, place } from '../testing/run.ts';
import { serve } from '../testing/serving.ts';

describe('private sidecars', () => {
  let here: Place;
  beforeEach(() => {
    here = place();
    writeFileSync(join(here.dir, 'a.txt'), 'A\n');
  });
  afterEach(() => here.clear());

  /** Nobody has the journal: --local can open it. */
  const isFree = async (): Promise<boolean> => (await call(here, ['status', '--local'])).code === 0;

  test('started where none answers, announced, ended with the command', async () => {
    const first = await here.run(['submit', 'fs.read', 'a.txt']);
    expect(first).toMatchObject({ code: 0, out: 'A\n' });
    expect(first.err).toContain('no sidecar answers, starting one');
    expect(await isFree()).toBe(true);
    expect(statSync(here.dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(here.dataDir, 'admin-key')).mode & 0o777).toBe(0o600);
  });

  test('commands of the same moment all get an answer, and leave nothing running', async () => {
    const ran = await Promise.all(
      Array.from({ length: 4 }, () => here.run(['submit', 'fs.read', 'a.txt'])),
    );
    expect(ran.map(({ code, out, err }) => [code, code === 0 ? out : err])).toEqual(
      ran.map(() => [0, 'A\n']),
    );
    await expect.poll(isFree).toBe(true);
    const { out } = await call(here, ['log', '--local', '--json']);
    expect(JSON.parse(out)).toHaveLength(ran.length);
  });

  test('ended even when the command is killed', async () => {
    const child = here.start(['log', '--follow', '--json']);
    await here.run(['submit', 'fs.read', 'a.txt']);
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
    await expect.poll(isFree).toBe(true);
  });

  test('a policy that does not load is said by the command', async () => {
    writeFileSync(join(here.dir, 'policy.yaml'), 'rules: [{nme: x}]');
    writeFileSync(join(here.dir, 'portcullis.yaml'), 'policy: {file: policy.yaml}');
    const ran = await here.run(['submit', 'fs.read', 'a.txt']);
    expect(ran.code).toBe(3);
    expect(ran.err).toContain('invalid_policy');
    expect(ran.err).toContain('policy.yaml:1:');
  });

  test('keys that others can read are refused', async () => {
    await here.run(['status']);
    for (const name of ['api-key', 'admin-key']) chmodSync(join(here.dataDir, name), 0o644);
    const ran = await here.run(['submit', 'fs.read', 'a.txt']);
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toContain('chmod 600');
  });

  test('a data directory that others can enter is said in a line, without a stack', async () => {
    const open = join(here.dir, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    const ran = await here.run(['serve', '--data-dir', open, '--port', '0']);
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(
      /^portcullis: .*\/open must belong to this user.*chmod 700 it\n {2}EPERM$/m,
    );
    expect(ran.err).not.toContain('file://');
  });

  test('the configuration in use and the data directory are out of reach', async () => {
    writeFileSync(join(here.dir, 'policy.yaml'), 'rules: [{name: all, effect: permit}]');
    writeFileSync(join(here.dir, 'portcullis.yaml'), 'policy: {file: policy.yaml}\n');
    const write = (path: string) =>
      here.run(['submit', 'fs.write', path, '--params', '{"content":"sandbox: off"}']);
    for (const path of ['portcullis.yaml', 'policy.yaml', join(here.dataDir, 'api-key')]) {
      const ran = await write(path);
      expect(ran.code, path).not.toBe(0);
    }
    expect(readFileSync(join(here.dir, 'portcullis.yaml'), 'utf8')).toContain('policy.yaml');
    expect((await write('other.txt')).code).toBe(0);
  });
});

describe('--local', () => {
  let here: Place;
  beforeAll(() => {
    here = place();
    writeFileSync(join(here.dir, 'a.txt'), 'A\n');
  });
  afterAll(() => here.clear());

  test('every verb, with the journal between them', async () => {
    const run = (...args: string[]) => call(here, [...args, '--local']);
    const submitted = await here.run(['submit', 'fs.read', 'a.txt', '--json', '--local']);
    expect(submitted).toMatchObject({ code: 0, err: '' });
    const { id } = JSON.parse(submitted.out).decision;
    expect((await run('submit', 'fs.read', '/etc/shadow')).code).toBe(1);
    expect((await run('log')).out).toContain(id);
    expect((await run('trace', '--latest')).out).toContain(id);
    // By the names that other systems' commands have for the data directory.
    for (const args of [
      ['trace', '--latest', '--db'],
      ['log', '--log-path'],
    ]) {
      const env = { XDG_STATE_HOME: join(here.dir, 'elsewhere') };
      const found = await here.run([...args, here.dataDir, '--local'], { env });
      expect(found.out, args[0]).toContain(id);
    }
    expect((await run('explain', id)).out).toContain('Guards');
    expect((await run('sessions', 'list')).code).toBe(0);
    expect((await run('freeze')).out).toContain('frozen');
    expect((await run('submit', 'fs.read', 'a.txt')).code).toBe(1);
    expect((await run('status')).out).toMatch(/frozen +yes/);
    expect((await run('freeze', '--lift')).code).toBe(0);
    expect((await run('submit', 'fs.read', 'a.txt')).out).toBe('A\n');
    expect((await here.run(['verify'])).code).toBe(0);
  });
});

describe('resolve', () => {
  test('an action that a kill left unknown is found, and settled by a person', async () => {
    const here = place();
    try {
      writeFileSync(
        join(here.dir, 'policy.yaml'),
        'rules: [{name: run, effect: permit, when: {action: proc.exec, resource: sleep}}]',
      );
      writeFileSync(
        join(here.dir, 'portcullis.yaml'),
        'policy: {file: policy.yaml}\nsandbox: off\n',
      );
      const sidecar = await serve(here);
      const asking = here.start(['submit', 'proc.exec', 'sleep', '--params', '{"args":["30"]}']);
      const answered = finished(asking);
      const pending = async (): Promise<boolean> =>
        (await here.run(['log', '--status', 'pending', '--json'])).out.includes('proc.exec');
      while (!(await pending()));
      const gone = new Promise((resolve) => sidecar.child.once('close', resolve));
      sidecar.child.kill('SIGKILL');
      await gone;
      expect((await answered).code).toBe(3);

      const unknown = await call(here, ['log', '--status', 'unknown', '--json', '--local']);
      const [action] = JSON.parse(unknown.out);
      expect(action).toMatchObject({ action: 'proc.exec', outcome: 'unknown' });
      expect((await call(here, ['status', '--local'])).out).toMatch(/unknown +1 action/);
      const resolved = await call(here, ['resolve', action.id, '--not', '--local']);
      expect(resolved).toMatchObject({ code: 0 });
      expect(resolved.out).toContain('did not happen');
      expect((await call(here, ['status', '--local'])).out).toMatch(/unknown +0 actions/);
      expect((await call(here, ['resolve', action.id, '--happened', '--local'])).code).toBe(3);
      expect((await call(here, ['verify'])).code).toBe(0);
    } finally {
      await here.clear();
    }
  });
});

describe('verify after somebody was at the files', () => {
  let here: Place;
  let auditor: string;
  beforeAll(async () => {
    here = place();
    for (const name of ['a', 'b', 'c']) writeFileSync(join(here.dir, `${name}.txt`), name);
    const sidecar = await serve(here);
    for (const name of ['a', 'b', 'c']) await here.run(['submit', 'fs.read', `${name}.txt`]);
    await sidecar.stop();
    auditor = join(here.dir, 'key.pem');
    writeFileSync(auditor, (await here.run(['verify', '--print-key'])).out);
  });
  afterAll(() => here.clear());

  /** A copy of the journal, changed, as an auditor gets it: segments alone, and the public key. */
  async function verifyChanged(change: (lines: string[]) => string[]) {
    const copy = join(here.dir, `copy-${readdirSync(here.dir).length}`);
    cpSync(join(here.dataDir, 'journal'), copy, { recursive: true });
    const segment = readdirSync(copy).find((name) => name.endsWith('.jsonl')) ?? '';
    const path = join(copy, segment);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    writeFileSync(path, `${change(lines).join('\n')}\n`);
    const text = await here.run(['verify', copy, '--key', auditor]);
    const json = await call(here, ['verify', copy, '--key', auditor, '--json']);
    expect(json.code).toBe(text.code);
    return { ...text, segment, report: JSON.parse(json.out) };
  }

  test('untouched it verifies, from a public key alone', async () => {
    const { code, out, report } = await verifyChanged((lines) => lines);
    expect(code).toBe(0);
    expect(out).toContain('verified');
    expect(report.records).toBeGreaterThan(6);
  });

  test.each<[string, (lines: string[]) => string[]]>([
    ['an edit', (lines) => lines.map((line) => line.replace('b.txt', 'x.txt'))],
    ['a reorder', ([first = '', second = '', ...rest]) => [second, first, ...rest]],
    ['a duplicate', ([first = '', ...rest]) => [first, first, ...rest]],
    ['a gap', ([first = '', , ...rest]) => [first, ...rest]],
    ['a cut behind the last checkpoint', (lines) => lines.slice(0, -2)],
  ])('%s is found, and the place is named', async (_, change) => {
    const { code, out, segment, report } = await verifyChanged(change);
    expect(code).toBe(1);
    expect(out).toContain('not verified');
    expect(out).toMatch(/problem +\w/);
    expect(out).toContain(segment);
    expect(report.problem).toMatchObject({ segment });
  });

  test('a line that a crash cut short is named and is no tampering', async () => {
    const copy = join(here.dir, 'torn');
    cpSync(join(here.dataDir, 'journal'), copy, { recursive: true });
    const segment = readdirSync(copy).find((name) => name.endsWith('.jsonl')) ?? '';
    appendFileSync(join(copy, segment), '{"v":1,"seq"');
    const ran = await call(here, ['verify', copy, '--key', auditor]);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/torn tail +12 bytes/);
  });

  test('what is no journal and no key is usage', async () => {
    mkdirSync(join(here.dir, 'empty'));
    expect((await call(here, ['verify', 'nowhere'])).code).toBe(2);
    expect((await call(here, ['verify', 'empty'])).err).toContain('there is no journal in');
    writeFileSync(join(here.dir, 'empty', 'checkpoints'), '');
    expect((await call(here, ['verify', 'empty'])).err).toContain('--key');
    expect((await call(here, ['verify', '--key', 'nope'])).code).toBe(2);
    expect((await call(here, ['verify', '--key', 'portcullis.mjs'])).code).toBe(2);
    expect((await call(here, ['verify', '--anchor', 'nope'])).err).toContain('ENOENT');
    expect(existsSync(join(here.dir, 'nowhere'))).toBe(false);
  });
});

describe('a reader that goes away', () => {
  test('does not end a server', async () => {
    const here = place();
    try {
      const bin = fileURLToPath(new URL('../portcullis.mjs', import.meta.url));
      const child = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
        cwd: here.dir,
        env: here.env,
      });
      child.stdout.destroy();
      while (
        !(await call(here, ['status', '--url', `unix:${join(here.dataDir, 'portcullis.sock')}`]))
          .out
      );
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      expect(await closed).toBe(0);
    } finally {
      await here.clear();
    }
  });
});

describe('label files', () => {
  let here: Place;
  beforeEach(() => {
    here = place();
  });
  afterEach(() => here.clear());

  test('labels check names what is wrong, and lets no file colour the terminal', async () => {
    writeFileSync(join(here.dir, 'bad.yaml'), 'version: 1\nset: x\ntools: {"a\\e[31mred": {}}\n');
    const ran = await call(here, ['labels', 'check', 'bad.yaml', 'not-there.yaml']);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('\\u{1b}[31mred');
    expect(ran.out).not.toContain('\u001b');
    expect(ran.out).toContain('cannot read not-there.yaml: ENOENT');
  });
});
