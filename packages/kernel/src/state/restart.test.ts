/** Whatever was taken away, in any order and at the same time: a process that is killed then and started again permits what it permitted, and no more. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { HostOptions, KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Right } from '../rights.ts';

const POLICY = `version: 1
rules:
  - {name: granted, effect: permit, when: {action: pay, grant: required}}
  - {name: few, effect: permit, when: {action: few, rate: {max: 3, per: 1h}}}
  - {name: rest, effect: permit, when: {action: [x, bad]}}
behaviour:
  - {name: once, sequence: bad, steps: {bad: {action: bad}}, effect: quarantine, level: isolated, whom: principal}
`;
const NAMES = ['a', 'b', 'c'] as const;
const NOW = Date.now();

const optionsOf = (dataDir: string): HostOptions => ({
  dataDir,
  builtins: [],
  policy: POLICY,
  now: () => NOW,
  capabilities: [{ id: 'cap.pay', name: 'n', description: 'd', action: 'pay', safety: 'write' }],
});
const caller = (id: string, rights: readonly Right[]): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: [`role-${id}`], attributes: {} },
  rights: new Set(rights),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const as = (host: KernelHost, at: number) =>
  host.as(caller(NAMES[at % 3] as string, ['decide', 'outcomes', 'sessions:open']));
const admin = (host: KernelHost) => host.as(caller('admin', ['quarantine', 'freeze', 'journal']));

interface Held {
  readonly of: number;
  readonly what: string;
}
interface World {
  readonly host: KernelHost;
  readonly sessions: Held[];
  readonly tokens: (Held & { readonly id: string })[];
  readonly permits: string[];
}
type Step = (world: World, session: Held, pick: number) => Promise<unknown>;

const targetOf = ({ of, what }: Held, pick: number) => {
  const id = [what, NAMES[of], `role-${NAMES[of]}`][pick % 3] as string;
  return { target: (['session', 'principal', 'role'] as const)[pick % 3] ?? 'role', id };
};
async function granted({ tokens }: World, of: number, asked: ReturnType<typeof grantOf>) {
  const { token, id } = await asked;
  if (token !== undefined && id !== undefined) tokens.push({ of, what: token, id });
}
const grantOf = ({ host }: World, of: number, request: object) =>
  as(host, of).grant(request as never);

const STEPS: readonly Step[] = [
  ({ host }, { what }, pick) =>
    admin(host).quarantine(
      what,
      (['none', 'read_only', 'frozen'] as const)[pick % 3] ?? 'none',
      'r',
    ),
  ({ host }, session, pick) => admin(host).invalidate({ ...targetOf(session, pick), reason: 'r' }),
  ({ host }, session, pick) => admin(host).restore({ ...targetOf(session, pick), reason: 'r' }),
  ({ host }, { of, what }) => as(host, of).closeSession(what),
  ({ host }, { of, what }) => as(host, of).decide({ action: 'bad', session: what }),
  ({ host }, { of, what }) => as(host, of).decide({ action: 'few', session: what }),
  ({ host }, _, pick) => admin(host).freeze(pick === 0, 'r'),
  async ({ host, permits }, { of, what }) => {
    const { permit } = await as(host, of).decide({ action: 'x', session: what });
    if (permit !== undefined) permits.push(permit);
  },
  ({ host, permits }, _, pick) => as(host, 0).redeemPermit({ permit: permits[pick] ?? '' }),
  (world, { of, what }) =>
    granted(world, of, grantOf(world, of, { capability: 'cap.pay', session: what })),
  async (world, _, pick) => {
    const held = world.tokens[pick];
    if (held === undefined) return;
    const to = (held.of + 1) % 3;
    await granted(world, to, grantOf(world, held.of, { token: held.what, delegate_to: NAMES[to] }));
  },
  async ({ host, tokens }, _, pick) => {
    const held = tokens[pick];
    if (held !== undefined) await as(host, held.of).revokeGrant(held.id);
  },
  async ({ host, tokens }, _, pick) => {
    const held = tokens[pick];
    if (held !== undefined) await as(host, held.of).decide({ action: 'pay', token: held.what });
  },
];

/** What each session, token and permit is good for. */
async function goodFor(host: KernelHost, { sessions, tokens, permits }: World): Promise<string[]> {
  const codes: string[] = [];
  const none = { execution: 'none' } as const;
  for (const permit of permits) codes.push((await as(host, 0).verifyPermit({ permit })).code);
  for (const { of, what } of sessions)
    for (const action of ['x', 'few'])
      codes.push((await as(host, of).decide({ action, session: what, ...none })).decision.code);
  for (const { of, what } of tokens)
    codes.push((await as(host, of).decide({ action: 'pay', token: what, ...none })).decision.code);
  return codes;
}
const isGood = (code: string | undefined): boolean => code === 'permitted' || code === 'permit_ok';

test('a kill at any moment makes nothing wider', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(5), fc.nat(4)), {
    minLength: 6,
    maxLength: 24,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const folder = mkdtempSync(join(tmpdir(), 'portcullis-restart-'));
      const host = await openHost(optionsOf(join(folder, 'data')));
      const world: World = { host, sessions: [], tokens: [], permits: [] };
      for (let of = 0; of < 6; of++)
        world.sessions.push({ of: of % 3, what: (await as(host, of).openSession()).id });
      // Three at a time.
      for (let at = 0; at < taken.length; at += 3)
        await Promise.allSettled(
          taken
            .slice(at, at + 3)
            .map(([step, one, pick]) => step(world, world.sessions[one] as Held, pick)),
        );
      cpSync(join(folder, 'data'), join(folder, 'copy'), { recursive: true });
      const again = await openHost(optionsOf(join(folder, 'copy')));
      const before = await goodFor(host, world);
      const after = await goodFor(again, world);
      await Promise.all([host.close(), again.close()]);
      rmSync(folder, { recursive: true, force: true });
      expect(after.filter((code, at) => isGood(code) && !isGood(before[at]))).toEqual([]);
      // Nor was it wider while it ran: but for permits, of which a restart knows less.
      const kept = world.permits.length;
      expect(before.filter((code, at) => at >= kept && isGood(code) !== isGood(after[at]))).toEqual(
        [],
      );
    }),
    { numRuns: 40 },
  );
});
