import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startDeadline } from '../deadline.ts';
import { createSlots } from './slots.ts';

const LONG = 60_000;

describe('places for programs', () => {
  it('never holds more than its number, serves who waits in order, and loses no place, whoever leaves or gives up when', async () => {
    const step = fc.oneof(
      fc.constant('take' as const),
      fc.record({ leave: fc.nat(20) }),
      fc.record({ giveUp: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step), async (most, steps) => {
        const slots = createSlots(most);
        const held: (() => void)[] = [];
        const served: number[] = [];
        const givenUp = new Set<number>();
        const callers: AbortController[] = [];
        const ends: Promise<void>[] = [];
        for (const one of steps) {
          if (one === 'take') {
            const number = callers.length;
            const caller = new AbortController();
            callers.push(caller);
            const deadline = startDeadline(caller.signal, LONG);
            const taken = slots.take(deadline, 'a').then(
              (leave) => {
                served.push(number);
                held.push(leave);
                expect(held.length).toBeLessThanOrEqual(most);
              },
              () => {
                givenUp.add(number);
              },
            );
            ends.push(taken.finally(() => deadline.release()));
          } else if ('leave' in one) {
            held.splice(one.leave % (held.length + 1), 1)[0]?.();
          } else {
            callers[one.giveUp]?.abort();
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
        // All who still wait get their turn once the others leave.
        while (served.length + givenUp.size < callers.length) {
          held.pop()?.();
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(ends);
        expect(served).toEqual([...served].sort((a, b) => a - b));
        expect(served.length + givenUp.size).toBe(callers.length);
      }),
      { numRuns: 60 },
    );
  });

  it('gives a place back once, however often it is left', async () => {
    const slots = createSlots(1);
    const deadline = startDeadline(new AbortController().signal, LONG);
    const leave = await slots.take(deadline, 'a');
    leave();
    leave();
    (await slots.take(deadline, 'a'))();
    const again = await slots.take(deadline, 'a');
    const brief = startDeadline(new AbortController().signal, 1);
    await expect(slots.take(brief, 'a')).rejects.toMatchObject({ code: 'timeout', effect: 'none' });
    again();
    deadline.release();
    brief.release();
  });

  it('leaves a place, and the next turn, to who comes after one that fills everything', async () => {
    const slots = createSlots(8);
    const deadline = startDeadline(new AbortController().signal, LONG);
    const order: string[] = [];
    const leave: (() => void)[] = [];
    const ask = async (who: string): Promise<void> => {
      leave.push(await slots.take(deadline, who));
      order.push(who);
    };
    for (let i = 0; i < 500; i++) void ask('many').catch(() => {});
    await ask('few');
    const more = [ask('few'), ask('few')];
    const refused = Array.from({ length: 20 }, () =>
      slots.take(deadline, 'many').then(String, () => 'refused'),
    );
    for (let i = 0; i < 4; i++) {
      leave[i]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(more);
    expect(order.slice(0, 12)).toEqual([
      ...Array.from({ length: 7 }, () => 'many'),
      'few',
      'many',
      'few',
      'many',
      'few',
    ]);
    expect(await refused.at(-1)).toBe('refused');
    deadline.release();
  });
});
