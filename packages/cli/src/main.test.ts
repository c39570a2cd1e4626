/** The command line as hostile or careless callers use it. Exit 2 is their mistake, said in one line, never a stack. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, place } from './testing/run.ts';

let here: Place;
beforeAll(() => {
  here = place();
});
afterAll(() => here.clear());

describe('usage', () => {
  test.each([
    ['an unknown command', ['frobnicate'], "unknown command 'frobnicate'"],
    ['a near miss', ['sttus'], 'Did you mean status?'],
    ['an unknown flag', ['log', '--bogus'], "unknown option '--bogus'"],
    ['a mistyped flag', ['log', '--stauts', 'ok'], 'Did you mean --status?'],
    ['a missing argument', ['explain'], "missing required argument 'id'"],
    ['one argument too many', ['version', 'x'], 'too many arguments'],
    ['a limit of nothing', ['log', '--limit', '0'], 'from 1 to 1000000'],
    ['a negative limit', ['log', '--limit', '-5'], 'from 1 to 1000000'],
    ['a limit in hex', ['log', '--limit', '0x10'], 'from 1 to 1000000'],
    ['an unknown status', ['log', '--status', 'denied'], 'neither an effect nor an outcome'],
    ['a time that is none', ['log', '--since', 'yesterday'], 'expected a time'],
    [
      'times the wrong way round',
      ['log', '--since', '1h', '--until', '2h'],
      '--since is after --until',
    ],
    ['follow without a sidecar', ['log', '--follow', '--local'], '--follow needs a sidecar'],
    ['trace of nothing', ['trace'], '--latest'],
    ['trace of two things', ['trace', 'x', '--latest'], 'exclude each other'],
    ['resolve without saying how', ['resolve', 'x'], '--happened or --not'],
    ['resolve both ways', ['resolve', 'x', '--happened', '--not'], 'cannot be used with'],
    ['params that are no JSON', ['submit', 'fs.read', 'x', '--params', '{'], '--params'],
    ['params that are a list', ['submit', 'fs.read', 'x', '--params', '[]'], 'not a JSON object'],
    ['params with a key twice', ['submit', 'a', 'x', '--params', '{"a":1,"a":2}'], 'duplicate_key'],
    [
      'params that are not exact',
      ['submit', 'a', 'x', '--params', '{"a":9007199254740993}'],
      'inexact_number',
    ],
    ['params from a file that is not there', ['submit', 'a', 'x', '--params', '@nope'], 'ENOENT'],
    ['params from a device', ['submit', 'a', 'x', '--params', '@/dev/zero'], 'not a file'],
    [
      'a kind that is none',
      ['keys', 'create', '--principal', 'x', '--kind', 'god'],
      'Allowed choices',
    ],
    ['a key for nobody', ['keys', 'create'], '--principal'],
    [
      'local and remote at once',
      ['status', '--local', '--url', 'http://127.0.0.1:1'],
      'exclude each other',
    ],
    ['a configuration that is not there', ['status', '--config', 'nope.yaml'], 'ENOENT'],
    ['a prototype', ['__proto__'], 'unknown command'],
    ['control characters', ['\u001b[31mred'], '\\u{1b}[31mred'],
  ])('%s', async (_, args, said) => {
    const ran = await here.run(args);
    expect(ran.err).toContain(said);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).not.toMatch(/\n\s+at /);
    expect(ran.err).not.toContain('\u001b');
  });

  test.each([
    ['a url with a password', 'http://u:p@gate.invalid', 'pcl_x', 'the URL may hold'],
    ['a key that is none', 'https://gate.invalid', 'a b', 'no key has'],
  ])('%s is a mistake, and no stack', async (_, url, key, said) => {
    const ran = await here.run(['status', '--url', url], { env: { PORTCULLIS_API_KEY: key } });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(said);
    expect(ran.err).not.toMatch(/\n\s+at /);
  });

  test('huge params are refused before anything is started', async () => {
    const ran = await here.run(['submit', 'a', 'x', '--params', '-'], {
      input: `{"a":"${'x'.repeat(2 << 20)}"}`,
    });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('larger than');
  });

  test('deep params are a typed answer', async () => {
    const ran = await here.run(['submit', 'a', 'x', '--params', '-'], {
      input: `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
    });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('too_deep');
  });

  test('help is help for every command', async () => {
    const { out, code } = await here.run(['--help']);
    expect(code).toBe(0);
    const names = [...out.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(names).toContain('serve');
    for (const name of names) {
      const ran = await here.run([name, '--help']);
      expect(ran.code, name).toBe(0);
      expect(ran.out).toContain(`Usage: portcullis ${name}`);
    }
  });
});

describe('the terminal', () => {
  test('no colour in a pipe, colour where it is forced, none where NO_COLOR is set', async () => {
    const colour = '\u001b[';
    expect((await here.run(['config'])).out).not.toContain(colour);
    expect((await here.run(['config'], { env: { FORCE_COLOR: '1' } })).out).toContain(colour);
    const quiet = await here.run(['config'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(quiet.out).not.toContain(colour);
  });

  test('a reader that goes away ends it quietly', async () => {
    const bin = fileURLToPath(new URL('portcullis.mjs', import.meta.url));
    const child = spawn(process.execPath, [bin, 'config', '--json'], {
      cwd: here.dir,
      env: here.env,
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('version says what runs', async () => {
    for (const flag of ['--version', '-V']) {
      expect(await here.run([flag])).toMatchObject({ code: 0, out: 'portcullis 0.1.0\n' });
    }
    expect((await here.run(['version'])).out).toMatch(
      /^portcullis \d+\.\d+\.\d+ \(wire v1, Node 24\./,
    );
    expect(JSON.parse((await here.run(['version', '--json'])).out)).toMatchObject({ api: 'v1' });
  });
});
