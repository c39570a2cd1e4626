/** The examples of RFC 9421, appendix B.2, with the keys of B.1: every signature base as it is printed there, every signature over it. */
import { constants, createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type SignedMessage, signatureBase } from './base.ts';
import { type InnerList, parseDictionary } from './fields.ts';
import { verifySignature, type WebhookKey } from './verify.ts';

const DIGEST =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';
const REQUEST: SignedMessage = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: {
    Host: 'example.com',
    Date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'Content-Type': 'application/json',
    'Content-Digest': DIGEST,
    'Content-Length': '18',
  },
};
const RESPONSE_DIGEST =
  'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:';
const RESPONSE: SignedMessage = {
  status: 200,
  headers: {
    Date: 'Tue, 20 Apr 2021 02:07:56 GMT',
    'Content-Type': 'application/json',
    'Content-Digest': RESPONSE_DIGEST,
    'Content-Length': '23',
  },
};

const RSA_PSS = createPublicKey(`-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`);
const ECC_P256 = createPublicKey(`-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----`);
const ED25519: WebhookKey = {
  id: 'test-key-ed25519',
  publicKey: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
};
const SHARED: WebhookKey = {
  id: 'test-shared-secret',
  secret: Buffer.from(
    'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
    'base64',
  ),
};

const baseOf = (message: SignedMessage, params: string): string =>
  signatureBase(message, parseDictionary(`sig=${params}`)?.get('sig') as InnerList) ?? '';
const bytes = (base64: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(base64, 'base64'));
const rsaPss = (base: string, signature: string): boolean =>
  verify(
    'sha512',
    Buffer.from(base),
    { key: RSA_PSS, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 },
    bytes(signature),
  );

describe('signature bases, and signatures of algorithms that webhooks do not use', () => {
  test('B.2.1: nothing covered', () => {
    const params = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"';
    const base = baseOf(REQUEST, params);
    expect(base).toBe(`"@signature-params": ${params}`);
    const signature =
      'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==';
    expect(rsaPss(base, signature)).toBe(true);
  });

  test('B.2.2: some components, a query parameter among them', () => {
    const params =
      '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"';
    const base = baseOf(REQUEST, params);
    expect(base).toBe(
      `"@authority": example.com\n"content-digest": ${DIGEST}\n"@query-param";name="Pet": dog\n"@signature-params": ${params}`,
    );
    const signature =
      'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==';
    expect(rsaPss(base, signature)).toBe(true);
  });

  test('B.2.3: everything covered', () => {
    const params =
      '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"';
    const base = baseOf(REQUEST, params);
    expect(base).toContain('"@path": /foo\n"@query": ?param=Value&Pet=dog\n');
    const signature =
      'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==';
    expect(rsaPss(base, signature)).toBe(true);
  });

  test('B.2.4: a response', () => {
    const params =
      '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"';
    const base = baseOf(RESPONSE, params);
    expect(base.split('\n')[0]).toBe('"@status": 200');
    const signature = bytes(
      'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
    );
    const key = { key: ECC_P256, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', Buffer.from(base), key, signature)).toBe(true);
  });
});

describe('what webhooks are signed with', () => {
  const HMAC = 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=';
  const EDDSA =
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==';

  test('B.2.5: hmac-sha256', async () => {
    const params =
      '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"';
    const base = baseOf(REQUEST, params);
    expect(base).toBe(
      `"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@authority": example.com\n"content-type": application/json\n"@signature-params": ${params}`,
    );
    expect(await verifySignature(SHARED, base, bytes(HMAC))).toBe(true);
    expect(await verifySignature(SHARED, `${base} `, bytes(HMAC))).toBe(false);
    expect(await verifySignature(ED25519, base, bytes(HMAC))).toBe(false);
  });

  test('B.2.6: ed25519', async () => {
    const params =
      '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
    const base = baseOf(REQUEST, params);
    expect(base).toBe(
      `"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n"content-type": application/json\n"content-length": 18\n"@signature-params": ${params}`,
    );
    expect(await verifySignature(ED25519, base, bytes(EDDSA))).toBe(true);
    expect(await verifySignature(ED25519, base.replace('POST', 'PUT'), bytes(EDDSA))).toBe(false);
    expect(await verifySignature(SHARED, base, bytes(EDDSA))).toBe(false);
  });
});

describe('structured fields', () => {
  test.each([
    'sig=("a" "b";x=1);created=1;keyid="k\\"q\\\\";flag;t=tok/en;b=:AQID:',
    'a=:AQID:, b=("@method"), c;p=?0',
    'empty=()',
  ])('%s', (text) => expect(parseDictionary(text)).toBeDefined());

  test.each([
    'sig=("a""b")',
    'sig=("a"',
    'sig=("a")x',
    'sig=(“a”)',
    'sig=("a");',
    'A=1',
    'a=:AQ:,',
    'a=:A Q=:',
    'a=1.5',
    `a="${'x'.repeat(20_000)}"`,
    'a="\u007f"',
  ])('%s is refused', (text) => expect(parseDictionary(text)).toBeUndefined());

  test('a component that is there twice, is not there, or is not understood has no base', () => {
    for (const params of [
      '("date" "date")',
      '("nope")',
      '("date";sf)',
      '("@nope")',
      '(date)',
      '("Date")',
    ])
      expect(baseOf(REQUEST, params)).toBe('');
  });

  test('hostile texts are read in a moment', () => {
    const began = process.threadCpuUsage();
    for (const piece of ['("a" ', ';a', 'a,', '\\"', ' ', '('])
      parseDictionary(`s=${piece.repeat(16_000 / piece.length)}`);
    expect(process.threadCpuUsage(began).user).toBeLessThan(500_000);
  });
});
