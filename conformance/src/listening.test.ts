/** Listening over the wire: each once and in order, over a restart, with listeners that throw, dawdle, or leave. */
import { afterEach, describe, expect, it } from 'vitest';
import { openWire, type WireTarget } from './wire.ts';

const POLICY = { version: 1, rules: [{ name: 'all', effect: 'permit' }] };
const reason = 'a test';

let open: WireTarget[] = [];
afterEach(async () => {
  for (const target of open) await target.close();
  open = [];
});

async function world(): Promise<WireTarget> {
  const target = await openWire(
    {
      policy: POLICY,
      durable: true,
      actors: { host: { may_assert: { principals: ['agent-1'] } }, deaf: { rights: ['submit'] } },
    },
    'unix',
  );
  open.push(target);
  return target;
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
}

describe('over the wire', () => {
  it('tells each once, in order, and not what was over before', async () => {
    const target = await world();
    const admin = await target.kernel('admin');
    const agent = await target.kernel('agent');
    const host = await target.kernel('host');
    await admin.invalidate({ target: 'principal', id: 'before', reason });
    const heard: Record<string, string[]> = { admin: [], agent: [], host: [] };
    const listeners = [
      admin.onInvalidation(({ id }) => void heard.admin?.push(id)),
      agent.onInvalidation(({ id }) => void heard.agent?.push(id)),
      host.onInvalidation(({ id }) => void heard.host?.push(id)),
    ];
    await Promise.all(listeners.map(({ ready }) => ready));
    const { id } = await agent.openSession();
    await admin.invalidate({ target: 'session', id, reason });
    for (let i = 0; i < 30; i++)
      await admin.invalidate({ target: 'principal', id: `p${i}`, reason });
    await until(
      () => heard.admin?.length === 31 && heard.agent?.length === 1 && heard.host?.length === 1,
    );
    expect(heard.admin).toEqual([id, ...Array.from({ length: 30 }, (_, i) => `p${i}`)]);
    expect(heard.agent).toEqual([id]);
    expect(heard.host).toEqual([id]);
    for (const leave of listeners) leave();
  });

  it('goes on when a listener throws, and stops when it leaves', async () => {
    const target = await world();
    const admin = await target.kernel('admin');
    const heard: string[] = [];
    const errors: unknown[] = [];
    const leave = admin.onInvalidation(
      ({ id }) => {
        heard.push(id);
        throw new Error(id);
      },
      {
        onError: (error) => {
          errors.push(error);
          throw error;
        },
      },
    );
    await leave.ready;
    for (const id of ['a', 'b']) await admin.invalidate({ target: 'role', id, reason });
    await until(() => errors.length === 2);
    expect(heard).toEqual(['a', 'b']);
    leave();
    leave();
    await admin.invalidate({ target: 'role', id: 'c', reason });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual(['a', 'b']);
  });

  it('tells after a restart what happened while nobody answered', async () => {
    const target = await world();
    const { connect } = await import('@portcullis/client');
    const listening = await connect({
      socketPath: target.socketPath,
      apiKey: target.keys.admin as string,
    });
    const heard: string[] = [];
    const errors: unknown[] = [];
    const leave = listening.onInvalidation(({ id }) => void heard.push(id), {
      onError: (error) => errors.push(error),
    });
    await leave.ready;
    await (await target.kernel('admin')).invalidate({ target: 'role', id: 'one', reason });
    await until(() => heard.length === 1);
    await target.restart();
    const admin = await target.kernel('admin');
    for (const id of ['two', 'three']) await admin.invalidate({ target: 'role', id, reason });
    await until(() => heard.length === 3);
    expect(heard).toEqual(['one', 'two', 'three']);
    await listening.close();
  });

  it('loses nothing to a flood of other events', async () => {
    const target = await world();
    const admin = await target.kernel('admin');
    const agent = await target.kernel('agent');
    const heard: string[] = [];
    const leave = admin.onInvalidation(({ id }) => void heard.push(id));
    await leave.ready;
    const batch = Array.from({ length: 1_000 }, () => ({
      action: 'a.b',
      execution: 'none' as const,
    }));
    await admin.invalidate({ target: 'role', id: 'first', reason });
    await Promise.all(Array.from({ length: 10 }, () => agent.decideBatch(batch)));
    await admin.invalidate({ target: 'role', id: 'last', reason });
    await until(() => heard.length === 2);
    expect(heard).toEqual(['first', 'last']);
    leave();
  });

  it('tells a key without the right that it has none, once', async () => {
    const target = await world();
    const deaf = await target.kernel('deaf');
    const errors: unknown[] = [];
    deaf.onInvalidation(() => {}, { onError: (error) => errors.push(error) });
    await until(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ code: 'forbidden' });
    expect(() => deaf.onInvalidation(7 as never)).toThrow('function');
  });
});
