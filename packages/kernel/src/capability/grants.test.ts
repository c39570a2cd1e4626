import { describe, expect, test } from 'vitest';
import { createKernel } from '../kernel.ts';
test('first', async () => {
  const k = await createKernel({ builtins: ['fs'], policy: { version: 1, rules: [{ name: 'r', effect: 'permit', when: { action: 'fs.read' } }] } as never, startDir: '/tmp' });
  const g = await k.grant({ capability: 'fs.read', constraints: { resources: ['/tmp/**'], uses: 2 } });
  expect(g.decision.effect).toBe('permit');
  const r = await k.invoke({ token: g.token as string, args: { resource: '/tmp/brief.md' } });
  console.log(JSON.stringify(g), JSON.stringify(r).slice(0, 600));
  console.log(await k.invoke({ token: g.token as string, args: { resource: '/etc/passwd' } }));
  await k.close();
});
