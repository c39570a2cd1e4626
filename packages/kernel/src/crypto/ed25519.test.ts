import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  generateSigningKey,
  publicKeyFromRaw,
  rawPublicKey,
  signEd25519,
  verifyEd25519,
} from './ed25519.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const shared = process.env.PORTCULLIS_SHARED ?? join(root, '../shared');
const vectors = join(shared, 'vectors/wycheproof/ed25519_test.json.gz');

interface Group {
  publicKey: { pk: string };
  tests: { tcId: number; msg: string; sig: string; result: 'valid' | 'invalid' }[];
}

describe('Ed25519', () => {
  it('gives the bytes of a public key to each who asks, and none can change them for the others', () => {
    const { privateKey, publicKey } = generateSigningKey();
    const other = generateSigningKey();
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url');
    for (const key of [publicKey, privateKey, publicKey]) {
      const given = rawPublicKey(key);
      expect(given).toEqual(raw);
      expect(rawPublicKey(other.publicKey)).not.toEqual(raw);
      given.fill(0);
    }
  });

  it('knows the first two vectors of RFC 8032', () => {
    const cases = [
      [
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
    ] as const;
    for (const [key, message, signature] of cases) {
      const publicKey = publicKeyFromRaw(Buffer.from(key, 'hex'));
      const bytes = Buffer.from(signature, 'hex');
      expect(verifyEd25519(publicKey, Buffer.from(message, 'hex'), bytes)).toBe(true);
      bytes[0] = (bytes[0] as number) ^ 1;
      expect(verifyEd25519(publicKey, Buffer.from(message, 'hex'), bytes)).toBe(false);
    }
  });

  it('signs what it verifies, and keeps a raw key', () => {
    const key = generateSigningKey();
    const signature = signEd25519(key, Buffer.from('text'));
    const again = publicKeyFromRaw(rawPublicKey(key.publicKey));
    expect(verifyEd25519(again, Buffer.from('text'), signature)).toBe(true);
    expect(verifyEd25519(again, Buffer.from('text '), signature)).toBe(false);
    expect(rawPublicKey(key.privateKey)).toEqual(rawPublicKey(key.publicKey));
  });

  it.each([0, 1, 63, 65, 1_000])('refuses a signature of %i bytes without throwing', (length) => {
    const { publicKey } = generateSigningKey();
    expect(verifyEd25519(publicKey, Buffer.from('x'), Buffer.alloc(length))).toBe(false);
  });

  it.skipIf(!existsSync(vectors))(
    'agrees with every Wycheproof vector (skipped where ../shared is absent)',
    () => {
      const { testGroups } = JSON.parse(gunzipSync(readFileSync(vectors)).toString()) as {
        testGroups: Group[];
      };
      let count = 0;
      for (const group of testGroups) {
        const publicKey = publicKeyFromRaw(Buffer.from(group.publicKey.pk, 'hex'));
        for (const test of group.tests) {
          const valid = verifyEd25519(
            publicKey,
            Buffer.from(test.msg, 'hex'),
            Buffer.from(test.sig, 'hex'),
          );
          expect(valid, `tcId ${test.tcId}`).toBe(test.result === 'valid');
          count++;
        }
      }
      expect(count).toBeGreaterThan(100);
    },
  );
});
