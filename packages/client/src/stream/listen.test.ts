import type { Invalidation } from '@portcullis/wire';
import { expect, it } from 'vitest';
import { listen } from './listen.ts';

it('says nothing of the list that it was asking for when it was left', async () => {
  const errors: unknown[] = [];
  const asked: PromiseWithResolvers<Invalidation[]>[] = [];
  const leave = listen(
    {
      list: () => {
        asked.push(Promise.withResolvers());
        if (asked.length === 1) asked[0]?.resolve([]);
        return (asked.at(-1) as PromiseWithResolvers<Invalidation[]>).promise;
      },
      async *follow(signal, onOpen) {
        onOpen();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    },
    () => {},
    { onError: (error) => errors.push(error) },
  );
  await leave.ready;
  expect(asked).toHaveLength(2);
  leave();
  asked[1]?.reject(new Error('closed'));
  await new Promise(setImmediate);
  expect(errors).toEqual([]);
});
