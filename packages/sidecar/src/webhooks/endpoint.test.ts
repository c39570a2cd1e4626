/** One damaged record does not keep back what comes after it. */
import type { Kernel } from '@portcullis/wire';
import { expect, test } from 'vitest';
import { eventually } from '../testing/running.ts';
import { EndpointQueue } from './endpoint.ts';
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
  expect(dropped).toEqual(['gone']);
  await queue.end(true);
});
