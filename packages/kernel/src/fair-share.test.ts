/** What one tenant fills with many principals, another still has. */
import { afterEach, expect, it } from 'vitest';
import type { Caller } from './gate/guard.ts';
import type { KernelHost } from './host.ts';
import { openHost } from './kernel.ts';

const caller = (tenant: string, id: string): Caller => ({
  tenant,
  credential: `key-${tenant}-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(['submit', 'sessions:open']),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
let host: KernelHost;
afterEach(() => host.close());

it('grants and open sessions', async () => {
  host = await openHost({
    builtins: [],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
    capabilities: [{ id: 'do', name: 'do', description: 'do', action: 'do.it', safety: 'read' }],
    grants: { perPrincipal: 30, total: 32 },
    sessions: { most: 32 },
  });
  const filled = async (tenant: string) => {
    const codes = { grants: [] as string[], sessions: [] as string[] };
    for (let i = 0; i < 40; i++) {
      const kernel = host.as(caller(tenant, `name-${i % 4}`));
      const opened = kernel.openSession().then(
        () => 'opened',
        (error: { code: string }) => error.code,
      );
      codes.sessions.push(await opened);
      // In the standing session that each principal has anyway.
      codes.grants.push((await kernel.grant({ capability: 'do' })).decision.code);
    }
    const count = (list: string[], code: string) => list.filter((one) => one === code).length;
    return [count(codes.grants, 'permitted'), count(codes.sessions, 'opened')];
  };
  const [grants, sessions = 0] = await filled('acme');
  expect(grants).toBe(30);
  // Standing ones count as what is open.
  expect(sessions).toBeGreaterThan(20);
  const [others, opened] = await filled('globex');
  expect(others).toBe(2);
  expect(opened).toBeGreaterThan(0);
});
