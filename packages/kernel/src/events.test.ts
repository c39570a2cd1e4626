import type { KernelEvent } from '@portcullis/wire';
import { describe, expect, it } from 'vitest';
import { EventStream } from './events.ts';

async function take(from: AsyncGenerator<unknown>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const event of from) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

describe('events', () => {
  it('resume after the last one seen', async () => {
    const events = new EventStream(0);
    for (let i = 0; i < 3; i++) events.emit('default', 'p', 'decision', 0, { i });
    expect(await take(events.follow({ tenant: 'default' }, 1), 2)).toMatchObject([
      { seq: 2, i: 1 },
      { seq: 3, i: 2 },
    ]);
  });

  it('show a principal its own, a tenant its own', async () => {
    const events = new EventStream(0);
    events.emit('default', 'a', 'decision', 0, { of: 'a' });
    events.emit('default', 'b', 'decision', 0, { of: 'b' });
    events.emit('other', 'a', 'decision', 0, { of: 'other' });
    events.emit('default', undefined, 'freeze', 0, {});
    events.emit('default', 'a', 'decision', 0, { of: 'a again' });
    expect(await take(events.follow({ tenant: 'default', principal: 'a' }, 0), 2)).toMatchObject([
      { of: 'a' },
      { of: 'a again' },
    ]);
  });

  it('tell a slow reader how much it missed, and hold no more than the ring', async () => {
    const events = new EventStream(0);
    for (let i = 0; i < 5_000; i++) events.emit('default', 'p', 'decision', 0, { i });
    const [first, second] = await take(events.follow({ tenant: 'default' }, 0), 2);
    expect(first).toMatchObject({ type: 'missed', count: 904 });
    expect(second).toMatchObject({ seq: 905 });
  });

  it('tell a reader that is overtaken while it reads, and no event twice or out of turn', async () => {
    const events = new EventStream(0);
    const emit = (): void => events.emit('default', 'p', 'decision', 0, {});
    for (let i = 0; i < 10; i++) emit();
    const reader = events.follow({ tenant: 'default' }, 0);
    const seen: KernelEvent[] = [];
    const read = async (): Promise<void> => {
      seen.push((await reader.next()).value as KernelEvent);
    };
    await read();
    for (let i = 0; i < 5_000; i++) emit();
    while (seen.at(-1)?.seq !== 5_010) await read();
    expect(seen.slice(0, 3)).toMatchObject([
      { seq: 1 },
      { type: 'missed', seq: 914, count: 913 },
      { seq: 915 },
    ]);
    expect(seen.slice(2).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 4_096 }, (_, at) => 915 + at),
    );
    await reader.return(undefined);
  });

  it('tell who resumes from before a restart that something was missed', async () => {
    const events = new EventStream(1_000);
    events.emit('default', 'p', 'decision', 0, { i: 1 });
    expect(await take(events.follow({ tenant: 'default' }, 7), 2)).toMatchObject([
      { type: 'missed' },
      { seq: 1_001, i: 1 },
    ]);
    expect(await take(events.follow({ tenant: 'default' }, 0), 1)).toMatchObject([{ i: 1 }]);
  });

  it('say the same of what was decided and of what came of it as an event of such fields', async () => {
    const [made, plain] = [new EventStream(0), new EventStream(0)];
    const about = { id: 'act_1', session: 's', action: 'a.b' };
    // Places are written again: what stood there before must not show through.
    for (let round = 0; round < 3_000; round++) {
      const code = `c${round}`;
      made.decided('default', 'p', round, { ...about, came: 'permit', code });
      const decision = { id: 'act_1', session: 's', principal: 'p', action: 'a.b' };
      plain.emit('default', 'p', 'decision', round, { ...decision, effect: 'permit', code });
      made.settled('default', 'q', round, { ...about, came: 'ok' });
      plain.emit('default', 'q', 'outcome', round, { ...about, status: 'ok' });
      for (const events of [made, plain])
        events.emit('default', 'p', 'grant', round, { round }, { auditor: { all: true } });
    }
    for (const scope of [{ tenant: 'default' }, { tenant: 'default', principal: 'p' }]) {
      const shown = await take(made.follow(scope, 8_000), 600);
      expect(JSON.stringify(shown)).toBe(
        JSON.stringify(await take(plain.follow(scope, 8_000), 600)),
      );
    }
  });

  it('end when the reader leaves and when the kernel closes', async () => {
    const events = new EventStream(0);
    const leave = new AbortController();
    const left = take(events.follow({ tenant: 'default' }, undefined, leave.signal), 1);
    const closed = take(events.follow({ tenant: 'default' }), 1);
    leave.abort();
    expect(await left).toEqual([]);
    events.close();
    expect(await closed).toEqual([]);
  });

  it('wake a reader that waits', async () => {
    const events = new EventStream(0);
    const waiting = take(events.follow({ tenant: 'default' }), 1);
    await Promise.resolve();
    events.emit('default', 'p', 'decision', 0, { i: 1 });
    expect(await waiting).toMatchObject([{ i: 1 }]);
  });
});
