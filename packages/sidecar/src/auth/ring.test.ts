import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKeyRing, type KeyRing } from './ring.ts';
import { parseToken } from './token.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-keys-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string) => join(dir, name);
const text = (name: string) => readFileSync(file(name), 'utf8').trim();
const who = (ring: KeyRing, key: string, certificate?: string) =>
  ring.authenticate(parseToken(key), certificate)?.caller.principal.id;
const agent = { principal: { id: 'bot-1' }, rights: ['submit' as const] };

describe('a first start', () => {
  test('makes both keys, for their owner only, and keeps no secret', () => {
    const ring = createKeyRing(dir);
    expect(ring.first).toEqual({ apiKeyFile: file('api-key'), adminKeyFile: file('admin-key') });
    for (const name of ['api-key', 'admin-key', 'api-keys.json']) {
      expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    }
    const kept = text('api-keys.json');
    for (const name of ['api-key', 'admin-key']) expect(kept).not.toContain(text(name).slice(21));
    const api = ring.authenticate(parseToken(text('api-key')))?.caller;
    const admin = ring.authenticate(parseToken(text('admin-key')))?.caller;
    expect([...(api?.rights ?? [])].sort()).toEqual([
      'approve',
      'decide',
      'explain',
      'outcomes',
      'sessions:open',
      'submit',
    ]);
    expect(admin?.rights.has('keys')).toBe(true);
    expect(admin?.rights.has('submit')).toBe(false);
    expect(api?.mayAssert).toEqual({
      principals: [],
      roles: [],
      onBehalfOf: [],
      context: [],
      userTurns: false,
    });
    expect(readdirSync(dir).sort()).toEqual(['admin-key', 'api-key', 'api-keys.json']);
  });

  test('happens once', () => {
    createKeyRing(dir);
    const before = [text('api-key'), text('api-keys.json')];
    const again = createKeyRing(dir);
    expect(again.first).toBeUndefined();
    expect([text('api-key'), text('api-keys.json')]).toEqual(before);
    expect(who(again, text('api-key'))).toBe('local');
  });

  test('without a directory keeps the keys in memory and says them', () => {
    const ring = createKeyRing();
    expect(who(ring, ring.first?.apiKey ?? '')).toBe('local');
    expect(who(ring, ring.first?.adminKey ?? '')).toBe('admin');
  });
});

describe('keys', () => {
  test('are made, found again after a restart, rotated and revoked', () => {
    const ring = createKeyRing(dir);
    const { key, view } = ring.create('default', agent);
    expect(view).toMatchObject({
      principal: { id: 'bot-1', kind: 'agent', roles: [] },
      rights: ['submit'],
    });
    expect(JSON.stringify(view)).not.toContain('hash');
    expect(who(createKeyRing(dir), key)).toBe('bot-1');
    const credential = ring.authenticate(parseToken(key));
    const rotated = ring.rotate('default', view.id);
    expect(credential?.revoked.aborted).toBe(true);
    expect([who(ring, key), who(ring, rotated.key)]).toEqual([undefined, 'bot-1']);
    ring.revoke('default', view.id);
    expect(who(ring, rotated.key)).toBeUndefined();
    expect(who(createKeyRing(dir), rotated.key)).toBeUndefined();
  });

  test('of another tenant look absent', () => {
    const ring = createKeyRing(dir);
    const { view } = ring.create('acme', agent);
    expect(ring.list('default').some((key) => key.id === view.id)).toBe(false);
    expect(() => ring.revoke('default', view.id)).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
    expect(() => ring.rotate('default', view.id)).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
  });

  test('the last that may make keys stays', () => {
    const ring = createKeyRing(dir);
    const admin = ring.list('default').find((key) => key.rights.includes('keys'));
    expect(() => ring.revoke('default', admin?.id ?? '')).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    const second = ring.create('default', { principal: { id: 'x' }, rights: ['keys'] });
    ring.revoke('default', admin?.id ?? '');
    expect(ring.list('default').map((key) => key.id)).toContain(second.view.id);
  });

  test('end when they expire', () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const ring = createKeyRing(dir, { now: () => now });
    const { key } = ring.create('default', { ...agent, expires: '2026-01-02T00:00:00Z' });
    expect(who(ring, key)).toBe('bot-1');
    now = Date.parse('2026-01-02T00:00:00Z');
    expect(who(ring, key)).toBeUndefined();
  });

  test('bound to a certificate need it, and need nothing else', () => {
    const ring = createKeyRing(dir);
    const certificate = 'ab'.repeat(32);
    const { key } = ring.create('default', { ...agent, certificate });
    expect(who(ring, key)).toBeUndefined();
    expect(who(ring, key, 'cd'.repeat(32))).toBeUndefined();
    expect(who(ring, key, certificate)).toBe('bot-1');
    expect(ring.authenticate(undefined, certificate)?.caller.principal.id).toBe('bot-1');
    expect(() => ring.create('default', { ...agent, certificate })).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    // A certificate does not lend its name to another key.
    expect(who(ring, text('api-key'), certificate)).toBe('local');
  });

  test('what cannot be written is not in force', () => {
    const ring = createKeyRing(dir);
    const before = ring.list('default');
    rmSync(dir, { recursive: true });
    expect(() => ring.create('default', agent)).toThrow(
      expect.objectContaining({ code: 'store_unavailable' }),
    );
    expect(() => ring.revoke('default', before[0]?.id ?? '')).toThrow();
    expect(ring.list('default')).toEqual(before);
  });
});

describe('a file that cannot be trusted is not read', () => {
  test.each([
    ['others may read it', () => chmodSync(file('api-keys.json'), 0o644), /chmod 600/],
    ['it is not JSON', () => writeFileSync(file('api-keys.json'), '{'), /not JSON/],
    [
      'it has an unknown member',
      () => writeFileSync(file('api-keys.json'), '{"version":1,"keys":[],"x":1}'),
      /api-keys\.json/,
    ],
    [
      'it has an unknown right',
      () =>
        writeFileSync(
          file('api-keys.json'),
          text('api-keys.json').replace('"submit"', '"everything"'),
        ),
      /rights/,
    ],
    [
      'a link stands in its place',
      () => {
        writeFileSync(file('other'), text('api-keys.json'), { mode: 0o600 });
        rmSync(file('api-keys.json'));
        symlinkSync(file('other'), file('api-keys.json'));
      },
      /ELOOP/,
    ],
  ])('%s', (_, spoil, message) => {
    createKeyRing(dir);
    spoil();
    expect(() => createKeyRing(dir)).toThrow(message);
    expect(existsSync(file('api-key'))).toBe(true);
  });
});
