import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawPublicKey } from './ed25519.ts';
import { loadOrCreateSecret, loadOrCreateSigningKey } from './keyfile.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-keys-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('key files', () => {
  it('are made once, 0600, in a 0700 directory, and read again', () => {
    const path = join(dir, 'keys', 'signing.pem');
    const first = loadOrCreateSigningKey(path);
    const again = loadOrCreateSigningKey(path);
    expect(rawPublicKey(again.publicKey)).toEqual(rawPublicKey(first.publicKey));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'keys')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dir, 'keys'))).toEqual(['signing.pem']);

    const secret = join(dir, 'keys', 'salt');
    expect(loadOrCreateSecret(secret)).toHaveLength(32);
    expect(loadOrCreateSecret(secret)).toEqual(loadOrCreateSecret(secret));
    expect(statSync(secret).mode & 0o777).toBe(0o600);
  });

  it.each([0o640, 0o604, 0o660, 0o610, 0o601])('are refused with mode %o', (mode) => {
    const path = join(dir, 'key');
    loadOrCreateSigningKey(path);
    chmodSync(path, mode);
    expect(() => loadOrCreateSigningKey(path)).toThrow(/read by others/);
  });

  it('are refused behind a link, as a directory, too large, and with other content', () => {
    const path = join(dir, 'key');
    loadOrCreateSecret(path);
    symlinkSync(path, join(dir, 'link'));
    expect(() => loadOrCreateSecret(join(dir, 'link'))).toThrow(/cannot be read as a key/);
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    expect(() => loadOrCreateSecret(join(dir, 'dangling'))).toThrow();
    mkdirSync(join(dir, 'dir'), { mode: 0o700 });
    expect(() => loadOrCreateSecret(join(dir, 'dir'))).toThrow(/not a regular file/);
    writeFileSync(join(dir, 'huge'), 'a'.repeat(20_000), { mode: 0o600 });
    expect(() => loadOrCreateSecret(join(dir, 'huge'))).toThrow(/too large/);
    for (const content of ['', '00', `${'0'.repeat(64)}`, `${'g'.repeat(64)}\n`]) {
      writeFileSync(join(dir, 'bad'), content, { mode: 0o600 });
      expect(() => loadOrCreateSecret(join(dir, 'bad'))).toThrow(/no 32-byte secret/);
      expect(() => loadOrCreateSigningKey(join(dir, 'bad'))).toThrow(/no Ed25519/);
    }
  });
});
