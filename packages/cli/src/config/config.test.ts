/** Configuration: precedence, provenance, and every kind of mistake, through the function and through the real command. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../exit.ts';
import { type Place, place } from '../testing/run.ts';
import { type Configuration, loadConfiguration } from './effective.ts';
import { readInstant } from './instants.ts';
import { SETTING_KEYS, settingOf } from './settings.ts';
import { nearest } from './suggest.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here.clear());

const file = (text: string): string => {
  const path = join(here.dir, 'portcullis.yaml');
  writeFileSync(path, text);
  return path;
};

const load = (text: string, env: Record<string, string> = {}, flags = {}): Configuration =>
  loadConfiguration({ configFile: file(text), env, flags });

function mistakes(text: string, env: Record<string, string> = {}): string {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof UsageError) return [error.message, ...error.lines].join('\n');
    throw error;
  }
  throw new Error('it was accepted');
}

describe('precedence', () => {
  test('flags over environment over file over defaults, each with where it came from', () => {
    const text = 'mode: observe\nlisten:\n  port: 1\n  host: ::1\n';
    const { settings, origins } = load(
      text,
      { PORTCULLIS_LISTEN_PORT: '2', PORTCULLIS_DURABILITY: 'fsync' },
      { 'listen.port': '3' },
    );
    expect(settings['listen.port']).toBe(3);
    expect(settings['listen.host']).toBe('::1');
    expect(settings.durability).toBe('fsync');
    expect(settings.permit_ttl).toBe('30s');
    expect(origins.get('listen.port')?.where).toBe('--port');
    expect(origins.get('durability')?.where).toBe('PORTCULLIS_DURABILITY');
    expect(origins.get('listen.host')?.where).toMatch(/portcullis\.yaml:4$/);
    expect(origins.get('permit_ttl')?.where).toBe('default');
  });

  test('a relative path in the file starts at the file, a text like 0644 stays a text', () => {
    const { settings } = load('policy: {file: rules.yaml}\nout_of_reach: [x, /y]\n');
    expect(settings['policy.file']).toBe(join(here.dir, 'rules.yaml'));
    expect(settings.out_of_reach).toEqual([join(here.dir, 'x'), '/y']);
  });

  test('the stronger source of policy wins, equals are refused', () => {
    const { settings } = load('policy: {managed: true}', {}, { 'policy.file': '/p.yaml' });
    expect(settings['policy.file']).toBe('/p.yaml');
    expect(settings['policy.managed']).toBeUndefined();
    expect(mistakes('policy: {managed: true, file: x}')).toContain('exclude each other');
  });

  test('an empty file is an empty configuration', () => {
    expect(load('').settings.mode).toBe('enforce');
    expect(load('# nothing\n').settings.mode).toBe('enforce');
  });
});

describe('mistakes in the file', () => {
  test.each([
    [
      'a typo',
      'mode: enforce\ndurabilty: os\n',
      /2:1 {2}unknown key durabilty: did you mean durability\? \(valid here: .*sandbox/,
    ],
    [
      'a typo below',
      'listen:\n  prot: 1\n',
      /2:3 {2}unknown key prot: did you mean port\? \(valid here: host, port, socket, /,
    ],
    [
      'a wrong type',
      'listen:\n  port: "8787"\n',
      /2:3 {2}listen\.port: expected a port from 0 to 65535/,
    ],
    ['a port out of range', 'listen: {port: 65536}', /listen\.port: expected a port/],
    ['a wrong word', 'mode: observed', /1:1 {2}mode: expected enforce or observe/],
    ['a bad duration', 'permit_ttl: 30 seconds', /permit_ttl: expected a duration/],
    ['a bare number for a duration', 'permit_ttl: 30', /permit_ttl: expected a duration/],
    ['a scalar for a map', 'listen: 8787', /listen: expected a map of settings/],
    ['a list for the file', '- mode: enforce', /the file: expected a map of settings/],
    [
      'a wrong item',
      'http: {private_hosts: [1]}',
      /http\.private_hosts\.0: expected a list of hosts/,
    ],
    [
      'a typo within a value',
      'capability_rates: {read: {mx: 1, per: 1m}}',
      /1:27 {2}unknown key mx: did you mean max\? \(valid here: max, per\)/,
    ],
    ['a rate of nothing', 'capability_rates: {read: {max: 0, per: 1m}}', /a map of max and per/],
    ['a share above one', 'session_tokens: {low: 2}', /session_tokens\.low: expected a number/],
    ['a key twice', 'mode: enforce\nmode: observe\n', /2:1 .*mode stands twice/],
    ['two documents', 'mode: enforce\n---\nmode: observe\n', /multiple documents|Source contains/],
    ['broken YAML', 'listen: {port: 1', /1:\d+/],
    [
      'an alias bomb',
      `a: &a [x,x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]\n`,
      /alias/i,
    ],
    ['a secret in the file', 'api_key: pc_x', /unknown key api_key/],
    ['__proto__', '__proto__: {mode: observe}', /unknown key __proto__/],
    ['a key with an escape sequence', '"\\e[31mmode": enforce', /unknown key \\u\{1b\}\[31mmode/],
  ])('%s', (_, text, expected) => {
    expect(mistakes(text)).toMatch(expected);
  });

  test('all mistakes are named at once', () => {
    const said = mistakes('mod: enforce\nlisten: {port: x, hots: y}\nrate: {max: 1, max: 2}\n');
    expect(said).toMatch(/3:16 +max stands twice/);
    expect(said).toContain('did you mean mode?');
    expect(said).toContain('did you mean host?');
    expect(said).toContain('listen.port: expected');
  });

  test('a file that everybody can write is not read', () => {
    const path = file('sandbox: off\n');
    chmodSync(path, 0o666);
    expect(() => loadConfiguration({ configFile: path, env: {} })).toThrow(/written by everybody/);
  });

  test('a file that is not there, a directory, a huge one', () => {
    expect(() => loadConfiguration({ configFile: '/nonexistent/x.yaml', env: {} })).toThrow(
      /ENOENT/,
    );
    expect(() => loadConfiguration({ configFile: here.dir, env: {} })).toThrow(/not a file/);
    expect(() => load(`#${'x'.repeat(1 << 20)}\n`)).toThrow(/larger than/);
  });

  test('whatever the file holds, the answer is a configuration or a usage error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        try {
          load(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('mistakes in the environment and in flags', () => {
  test('protections are weakened in the file only', () => {
    expect(load('sandbox: off').settings.sandbox).toBe('off');
    expect(mistakes('', { PORTCULLIS_SANDBOX: 'off' })).toMatch(/not taken from the environment/);
    expect(mistakes('', { PORTCULLIS_HTTP_PRIVATE_HOSTS: 'a' })).toMatch(/not taken from/);
  });

  test('a mistyped variable is refused, an unrelated one is not', () => {
    expect(mistakes('', { PORTCULLIS_DURABILTY: 'fsync' })).toMatch(
      /did you mean PORTCULLIS_DURABILITY/,
    );
    expect(load('', { PORTCULLIS_THEME_OF_MY_OWN: '1' }).settings.mode).toBe('enforce');
  });

  test('a bad value names the variable', () => {
    expect(mistakes('', { PORTCULLIS_MODE: 'off' })).toBe(
      'PORTCULLIS_MODE: expected enforce or observe, not off',
    );
    expect(mistakes('', { PORTCULLIS_LISTEN_PORT: '1e3' })).toMatch(/expected a port/);
  });
});

describe('small parts', () => {
  test.each([
    ['2026-01-31T09:00:00Z', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31T09:00:00.5+01:00', '2026-01-31T08:00:00.500Z'],
    ['2026-01-31 09:00:00', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31T09:00', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31 09:00+01:00', '2026-01-31T08:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ])('%s is the instant %s', (text, instant) =>
    expect(readInstant(text)).toBe(Date.parse(instant)),
  );

  test.each([
    '',
    'noon',
    '2026',
    '2026-01',
    '2026-02-30',
    '2026-01-31T9:00',
    '2026-01-31T09:00:',
    '2026-01-31T25:00',
    '2026-01-31T09:00 +01:00',
    'January 31, 2026',
    '01/31/2026',
  ])('%s is no instant', (text) => expect(readInstant(text)).toBeUndefined());

  test('suggestions are near, or none', () => {
    expect(nearest('prot', ['port', 'host'])).toBe('port');
    expect(nearest('completely', ['port', 'host'])).toBeUndefined();
    expect(nearest('x'.repeat(100_000), ['port'])).toBeUndefined();
  });
});

describe('portcullis config', () => {
  test('prints every setting with its origin, secrets masked', async () => {
    file('mode: observe\n');
    const ran = await here.run(['config', '--json', '--port', '9000'], {
      env: { PORTCULLIS_API_KEY: 'pc_secret_canary' },
    });
    expect(ran.code).toBe(0);
    expect(ran.out).not.toContain('canary');
    const { settings } = JSON.parse(ran.out);
    expect(Object.keys(settings)).toEqual(SETTING_KEYS);
    expect(settings['listen.port']).toEqual({ value: 9000, from: '--port' });
    expect(settings.mode.value).toBe('observe');
    expect(settings.api_key).toEqual({ value: '********', from: 'PORTCULLIS_API_KEY' });
    const text = await here.run(['config'], { env: { PORTCULLIS_API_KEY: 'pc_secret_canary' } });
    expect(text.out).not.toContain('canary');
    expect(text.out).toMatch(/mode +observe +.*portcullis\.yaml:1/);
  });

  test('every flag of a setting is an option of the command, whose help says its default', async () => {
    const { out } = await here.run(['config', '--help']);
    const entries = out.split(/\n(?= {2}-)/).map((entry) => entry.replace(/\s+/g, ' '));
    for (const key of SETTING_KEYS) {
      const { flag, fallback } = settingOf(key);
      if (flag === undefined || flag === '--url <url>') continue;
      const help = entries.find((entry) => entry.includes(flag));
      expect(help, flag).toBeDefined();
      if (fallback !== undefined) expect(help).toContain(`(default: ${fallback})`);
    }
  });

  test('a broken file is exit 2, with the place', async () => {
    file('modde: enforce\n');
    const ran = await here.run(['config']);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('1:1  unknown key modde: did you mean mode?');
    expect(ran.out).toBe('');
  });
});
