import type { JsonObject } from '@portcullis/wire';
import { describe, expect, it } from 'vitest';
import { MemoryRates } from '../budget/index.ts';
import { loadPolicy } from './load.ts';
import { evaluationOf, server } from './testing/fixtures.ts';

describe('the index', () => {
  it('asks only rules of the action, and forgets names that a flood brought', async () => {
    const rules = Array.from({ length: 500 }, (_, i) => ({
      name: `r${i}`,
      effect: 'permit',
      when: { action: [`a${i}.*`, `b${i}`] },
    }));
    const policy = loadPolicy([
      server(...rules, { name: 'wild', effect: 'deny', priority: 1, when: { action: '*.admin' } }),
    ]);
    const rates = new MemoryRates();
    for (let i = 0; i < 5_000; i++)
      await policy.evaluate(evaluationOf({ action: `flood${i}` }), rates);
    const said = async (action: string) => {
      const ev = evaluationOf({ action });
      await policy.evaluate(ev, rates);
      return ev.verdict?.rule;
    };
    expect(await said('a7.x')).toBe('r7');
    expect(await said('b7')).toBe('r7');
    expect(await said('a7.admin')).toBe('wild');
    expect(await said('a7.x.y')).toBeUndefined();
  });
});

describe('a policy', () => {
  it('has a digest over what it says, not over how it is written', () => {
    const yaml =
      'version: 1\nrules:\n  - {name: a, effect: permit, when: {action: fs.read}} # comment\n';
    const json =
      '{"rules": [{"when": {"action": "fs.read"}, "effect": "permit", "name": "a"}], "version": 1}';
    const toml = 'version = 1\n[[rules]]\nname = "a"\neffect = "permit"\nwhen.action = "fs.read"\n';
    const digests = [
      loadPolicy([{ layer: 'server', name: 'x', text: yaml }]).digest,
      loadPolicy([{ layer: 'server', name: 'y', text: json, format: 'json' }]).digest,
      loadPolicy([{ layer: 'server', name: 'z', text: toml, format: 'toml' }]).digest,
      loadPolicy([{ layer: 'server', name: 'o', document: JSON.parse(json) }]).digest,
    ];
    // Pinned: a digest in a journal of years ago must still be found.
    expect(new Set(digests)).toEqual(
      new Set(['5b901cb1d2129450c3fc56dbe1bd8d5f38c662c5cb0baee47d6a4ddcf0daec20']),
    );
    expect(loadPolicy([{ layer: 'tenant', name: 'x', text: yaml }]).digest).not.toBe(digests[0]);
  });

  it('is not changed by who still holds the document', async () => {
    const document = { rules: [{ name: 'a', effect: 'deny' }] } as JsonObject;
    const policy = loadPolicy([{ layer: 'server', name: 'x', document }]);
    (document.rules as JsonObject[])[0] = { name: 'a', effect: 'permit' };
    expect(await policy.evaluate(evaluationOf(), new MemoryRates())).toMatchObject({
      code: 'denied_by_rule',
    });
    expect(Object.isFrozen(policy)).toBe(true);
  });
});
