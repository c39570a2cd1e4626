import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateSigningKey } from '../../crypto/index.ts';
import { evaluationOf } from '../../policy/testing/fixtures.ts';
import { holds } from '../guard.ts';
import { grantKeys } from '../token/keys.ts';
import { attenuate, sealToken, verifyToken } from '../token/token.ts';
import type { Algorithm, VerifiedToken } from '../token/types.ts';
import type { GrantTerms } from './grant.ts';
import { Grants } from './grants.ts';
import { Mint } from './mint.ts';
import { asRead } from './request.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const TERMS: GrantTerms = {
  id: 'grt_1',
  tenant: 'default',
  principal: 'bot-1',
  capability: 'refunds',
  definition: 'd1',
  caveats: [],
  issued: NOW,
  expires: NOW + 1_000,
  uses: 2,
  by: [],
};

describe.each(['ed25519', 'hmac'] as Algorithm[])('%s', (algorithm) => {
  const ring = grantKeys(algorithm, generateSigningKey(), randomBytes(32));
  const narrow = asRead({ keys: ['a'] });
  const issued = (mint: Mint, inherited = false): string =>
    mint.issue(TERMS, narrow, inherited ? [narrow] : []) as string;
  const said = (token: VerifiedToken) => ({
    claims: token.claims,
    caveats: token.caveats,
    blocks: token.blocks,
    sealed: token.sealed,
  });
  const read = (mint: Mint, token: string): unknown => {
    const found = mint.read(token);
    return 'fault' in found ? found : said(found.verified);
  };
  const verified = (token: string): unknown => {
    const found = verifyToken(token, ring.find);
    return 'fault' in found ? found : said(found);
  };

  test('what is remembered is what verifying says, of tokens whole, narrowed, sealed and changed anywhere, each twice', () => {
    const mint = new Mint(ring, 'test');
    const tokens = [issued(mint), issued(mint, true), issued(new Mint(ring, 'test'))];
    for (const token of [...tokens]) {
      const longer = attenuate(token, { uses: 1 });
      if ('fault' in longer) throw new Error(longer.fault);
      tokens.push(longer.token, sealToken(token) as string);
    }
    for (const token of tokens) {
      expect(read(mint, token)).toEqual(verified(token));
      expect(read(mint, token)).not.toHaveProperty('fault');
    }
    const changed = fc
      .tuple(fc.constantFrom(...tokens), fc.nat(), fc.constantFrom('A', 'B', 'x', '.', '', '0A'))
      .map(([token, nat, put]) => {
        const at = nat % token.length;
        return token.slice(0, at) + put + token.slice(at + 1);
      });
    fc.assert(
      fc.property(changed, fc.constantFrom(...tokens), (token, sound) => {
        expect(read(mint, token)).toEqual(verified(token));
        expect(read(mint, sound)).toEqual(verified(sound));
        expect(read(mint, token)).toEqual(verified(token));
      }),
      { numRuns: 60 },
    );
  });

  test('the end of one that was made here, behind other claims, is none', () => {
    const mint = new Mint(ring, 'test');
    const one = issued(mint);
    const other = mint.issue({ ...TERMS, id: 'grt_2' }, narrow, []) as string;
    expect(read(mint, other.slice(0, -43) + one.slice(-43))).toHaveProperty('fault');
    expect(read(mint, one.slice(-43))).toHaveProperty('fault');
    expect(read(mint, one)).not.toHaveProperty('fault');
  });

  test('nothing that is remembered outlives time, uses, a revocation or whom it is for', () => {
    const mint = new Mint(ring, 'test');
    const made = issued(mint);
    const narrowed = attenuate(issued(mint), { session: 's' });
    if ('fault' in narrowed) throw new Error(narrowed.fault);
    for (const token of [made, narrowed.token]) {
      const grants = new Grants();
      grants.issue(TERMS);
      const asked = (more: { now?: number; principal?: string; tenant?: string } = {}) => {
        const ev = evaluationOf({ action: 'a', principal: { id: more.principal ?? 'bot-1' } });
        const caller = { ...ev.caller, tenant: more.tenant ?? 'default' };
        const { principal, onBehalfOf } = ev;
        const seen = { caller, principal, onBehalfOf, now: more.now ?? NOW } as typeof ev;
        const found = holds({ mint, grants }, seen, token);
        return 'answer' in found ? 'code' in found.answer && found.answer.code : 'holds';
      };
      expect([asked(), asked()]).toEqual(['holds', 'holds']);
      expect(asked({ now: NOW + 1_001 })).toBe('token_expired');
      expect(asked({ now: NOW - 60_001 })).toBe('token_not_yet_valid');
      expect(asked({ principal: 'other' })).toBe('token_scope');
      expect(asked({ tenant: 'other' })).toBe('token_invalid');
      const shown = mint.read(token);
      if ('fault' in shown) throw new Error(shown.fault);
      const count = { grant: 'grt_1', counted: shown.counted };
      expect([grants.take(count), grants.take(count), grants.take(count)]).toEqual([
        true,
        true,
        false,
      ]);
      expect(asked()).toBe('holds');
      const block = shown.verified.blocks.at(-1) as string;
      grants.revoke({ block }, 'default', NOW + 1_000);
      expect(asked()).toBe('token_revoked');
      const again = new Grants();
      again.load(JSON.parse(JSON.stringify(grants.save())));
      again.revoke({ grant: 'grt_1' }, 'default', NOW + 1_000);
      grants.load(JSON.parse(JSON.stringify({ ...(again.save() as object), blocks: [] })));
      expect(asked()).toBe('token_revoked');
      grants.withdraw('grt_1');
      expect(asked()).toBe('token_invalid');
    }
  });
});
