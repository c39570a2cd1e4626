import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Gate, type GateOptions } from './own-gate.ts';

const POLICY = {
  version: 1,
  rules: [
    {
      name: 'refunds',
      effect: 'permit',
      when: {
        action: 'issue_refund',
        principal: { kind: 'agent' },
        params: { '/amount': { min: 0, max: 5000 } },
      },
    },
  ],
};
const refund = (amount: number | string, more: object = {}) => ({
  action: 'issue_refund',
  params: { amount } as never,
  context: { principal: 'bot-1' },
  ...more,
});

const open: Gate[] = [];
const gate = async (options: GateOptions = {}): Promise<Gate> => {
  const made = await Gate.fromDict(POLICY as never, options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

describe('drift', () => {
  const at = (ip: string) => refund(1, { session: 'run', context: { principal: 'bot-1', ip } });
  it('ends a named session, and whoever listens hears of it', async () => {
    const g = await gate();
    const heard: string[] = [];
    g.onInvalidation(({ target, guard }) => void heard.push(`${target} by ${guard}`));
    expect((await g.evaluate(at('10.0.0.1'))).isPermit).toBe(true);
    const moved = await g.evaluate(at('10.0.0.2'));
    expect(moved).toMatchObject({ isPermit: false, isRefuse: false, isInvalidate: true });
    expect(moved.decision.invalidated).toMatchObject({ target: 'session', guard: 'drift' });
    expect((await g.evaluate(at('10.0.0.1'))).isInvalidate).toBe(true);
    expect((await g.evaluate(refund(1, { session: 'other' }))).isPermit).toBe(true);
    expect(heard).toEqual(['session by drift']);
  });
  it('permits a place near enough, and ends a far one', async () => {
    const g = await gate({ drift: { geoKm: 500 } });
    const from = (latitude: number, longitude: number) =>
      g.evaluate(
        refund(1, { session: 'run', context: { principal: 'bot-1', latitude, longitude } }),
      );
    expect((await from(12.97, 77.59)).isPermit).toBe(true);
    expect((await from(13.08, 80.27)).isPermit).toBe(true);
    expect((await g.evaluate(refund(1, { session: 'run' }))).isInvalidate).toBe(true);
    expect((await from(12.97, 77.59)).isInvalidate).toBe(true);
  });
  it('is off where the options say so', async () => {
    const g = await gate({ drift: false });
    expect((await g.evaluate(at('10.0.0.1'))).isPermit).toBe(true);
    expect((await g.evaluate(at('10.0.0.2'))).isPermit).toBe(true);
  });
});

describe("a gate over a policy of one's own", () => {
  it('permits what its policy permits, and refuses the rest with a code', async () => {
    const g = await gate();
    expect(await g.evaluate(refund(10))).toMatchObject({
      isPermit: true,
      isRefuse: false,
      isInvalidate: false,
    });
    expect(await g.evaluate(refund(6000))).toMatchObject({ isPermit: false, isRefuse: true });
    expect((await g.evaluate(refund('10'))).isRefuse).toBe(true);
    expect((await g.evaluate({ action: 'drop_table' })).decision.code).toBe('no_matching_rule');
  });

  it('holds invariants whatever a reload says', async () => {
    const g = await gate({ invariants: [['cap', 'amount', 50_000]] });
    await g.reload('rules: [{name: lax, effect: permit, when: {action: "**"}}]');
    expect((await g.evaluate(refund(49_000))).isPermit).toBe(true);
    expect((await g.evaluate(refund(60_000))).decision.code).toBe('invariant_violated');
  });

  it('counts the actions of a session by its name', async () => {
    const g = await gate({ maxSessionActions: 2 });
    const codes: string[] = [];
    for (let i = 0; i < 3; i++)
      codes.push((await g.evaluate(refund(1, { session: 'one' }))).decision.code);
    expect(codes).toEqual(['permitted', 'permitted', 'invariant_violated']);
    expect((await g.evaluate(refund(1, { session: 'two' }))).isPermit).toBe(true);
  });

  it('keeps the last good policy when a reload fails, and denies everything after an empty one', async () => {
    const g = await gate();
    await expect(g.reload('rulez: []')).rejects.toMatchObject({ code: 'invalid_policy' });
    expect((await g.evaluate(refund(1))).isPermit).toBe(true);
    await g.reload('');
    expect((await g.evaluate(refund(1))).isRefuse).toBe(true);
  });

  it('observes without refusing', async () => {
    const g = await gate({ observeOnly: true });
    expect(await g.evaluate(refund(6000))).toMatchObject({
      isPermit: true,
      decision: { would: { effect: 'deny' } },
    });
  });

  it('reads texts and files in every format, and names what it cannot read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-gate-'));
    try {
      const toml = '[[rules]]\nname = "all"\neffect = "permit"\nwhen = {action = "issue_refund"}\n';
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      open.push(await Gate.fromToml(toml));
      open.push(
        await Gate.fromYaml('rules: [{name: all, effect: permit, when: {action: issue_refund}}]'),
      );
      open.push(await Gate.fromJsonString(JSON.stringify(POLICY)));
      open.push(await Gate.fromJsonFile(file('p.json', JSON.stringify(POLICY))));
      open.push(await Gate.fromFile(file('p.toml', toml)));
      for (const made of open) expect((await made.evaluate(refund(1))).isPermit).toBe(true);
      await expect(Gate.fromFile(file('p.txt', ''))).rejects.toMatchObject({
        code: 'invalid_policy',
      });
      await expect(Gate.fromToml('rules = 7')).rejects.toMatchObject({ code: 'invalid_policy' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
