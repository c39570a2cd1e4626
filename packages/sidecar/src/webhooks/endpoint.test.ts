/** One damaged record does not keep back what comes after it. */
import type { Kernel } from '@portcullis/wire';
import { expect, test } from 'vitest';
import { eventually } from '../testing/running.ts';
import { EndpointQueue } from './endpoint.ts';
import type { Remembered, WebhookMemory } from './memory.ts';
import { endpointsOf } from './options.ts';

test('a record that cannot be read is given up in its time, and the next is looked at', async () => {
  const [endpoint] = endpointsOf(
    [
      {
        url: 'https://hooks.example/x',
        secret: 'a secret of at least thirty-two bytes',
        retry: { first: 1, most: 2, age: 20 },
      },
    ],
    () => {
      throw new Error('none is needed');
    },
  );
  if (endpoint === undefined) throw new Error('there is one');
  const asked = new Set<number>();
  const dropped: string[] = [];
  const queue = new EndpointQueue(
    endpoint,
    {
      kernel: {
        record: (seq: number) => {
          asked.add(seq);
          throw new Error('damaged');
        },
      } as unknown as Kernel,
      memory: { put: () => {} } as never,
      counts: { attempts: () => {}, dropped: (_, cause) => dropped.push(cause) },
      now: Date.now,
      warn: () => {},
    },
    0,
    [],
  );
  queue.add({ record: 1, part: 0 });
  queue.add({ record: 2, part: 0 });
  await eventually(() => asked.has(2));
  // By now the second may have been given up, too.
  expect(dropped[0]).toBe('gone');
  await queue.end(true);
});

test('whoever does much crowds out nobody else', async () => {
  const [endpoint] = endpointsOf(
    [
      {
        url: 'https://hooks.example/x',
        secret: 'a secret of at least thirty-two bytes',
        retry: { queue: 6, first: 60_000, most: 60_000 },
      },
    ],
    () => {
      throw new Error('none is needed');
    },
  );
  if (endpoint === undefined) throw new Error('there is one');
  let kept: readonly number[] = [];
  let dropped = 0;
  const kernel = {
    record: () => {
      throw new Error('damaged');
    },
  } as unknown as Kernel;
  const memory = {
    put: (_: string, { waiting }: Remembered) => {
      kept = waiting.map(({ record }) => record);
    },
  } as unknown as WebhookMemory;
  const counts = { attempts: () => {}, dropped: () => dropped++ };
  const parts = { kernel, memory, counts, now: () => 0, warn: () => {} };
  const queue = new EndpointQueue(endpoint, parts, 0, []);
  const of = (who: string | undefined, ...records: number[]): void => {
    for (const record of records) queue.add({ record, part: 0, who });
  };
  of('loud', 1, 2, 3);
  of('quiet', 4);
  of(undefined, 5);
  of('loud', 6, 7, 8, 9, 10);
  of('quiet', 11);
  // The first is on its way; of the others the newest of who is loud, and all of the rest.
  expect(kept).toEqual([1, 4, 5, 9, 10, 11]);
  expect(dropped).toBe(5);
  await queue.end(true);
});
