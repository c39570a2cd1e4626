/** A stream that is under way when its session, or everything, is stopped: nothing that comes afterwards is shown. */
import type { Kernel, StreamFrame } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKernel } from '../../../kernel.ts';
import type { Provider, ProviderOutput, ProviderPiece } from '../../../provider/types.ts';

let kernel: Kernel;
/** Run by the provider in the middle of its work. */
let meanwhile: () => Promise<unknown>;
/** Whether the provider was told to stop. */
let told: boolean;
const line = (i: number): string => `line ${i} ${'x'.repeat(50)}\n`;
const provider: Provider = {
  family: 'log',
  actions: [
    { name: 'log.read', resource: 'other', params: {}, effect: 'read' },
    { name: 'log.follow', resource: 'other', params: {}, effect: 'write' },
  ],
  execute: async (): Promise<ProviderOutput> => ({ data: null, labels: [] }),
  async *executeStream(_, { wanted }): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
    for (let i = 0; i < 6; i++) {
      if (i === 3) await meanwhile();
      yield { data: line(i), labels: [] };
    }
    told = wanted?.() === false;
    return { data: { rest: 'of it' }, labels: [] };
  },
};

beforeEach(async () => {
  told = false;
  const rules = [{ name: 'a', effect: 'permit', when: { action: 'log.*' } }];
  const policy = { version: 1, rules } as never;
  kernel = await createKernel({ builtins: [], providers: [provider], policy });
});
afterEach(() => kernel.close());

async function streamed(session: string, action: string) {
  const frames: StreamFrame[] = [];
  for await (const frame of kernel.submitStream({ action, resource: 'it', session }))
    frames.push(frame);
  return {
    shown: frames.map(({ final, data }) => (final ? '' : data)).join(''),
    last: frames.at(-1),
  };
}

const quarantine = (level: 'isolated' | 'read_only') => (session: string) =>
  kernel.quarantine(session, level, 'seen');

it.each<[string, (session: string) => Promise<unknown>, note: string, action?: string]>([
  [
    'a freeze',
    () => kernel.freeze(true, 'stop'),
    'everything is denied until an administrator lifts the freeze',
  ],
  ['the end of its session', (session) => kernel.closeSession(session), 'the session is closed'],
  ['a quarantine', quarantine('isolated'), 'the session is quarantined'],
  [
    'a quarantine that leaves reading, of more than that',
    quarantine('read_only'),
    'the session is quarantined',
    'log.follow',
  ],
])('%s stops it, and the last frame says so', async (_, stop, note, action = 'log.read') => {
  const { id } = await kernel.openSession();
  meanwhile = () => stop(id);
  const { shown, last } = await streamed(id, action);
  expect(shown).not.toContain('line 3');
  expect(last).toMatchObject({
    final: true,
    data: null,
    notes: [`stopped: ${note}`],
    result: { decision: { code: 'permitted' }, outcome: { status: 'ok' } },
  });
  expect(last?.handle).toBeUndefined();
  expect(told).toBe(true);
});

it('a quarantine that leaves reading does not stop a read', async () => {
  const { id } = await kernel.openSession();
  meanwhile = () => quarantine('read_only')(id);
  const { shown, last } = await streamed(id, 'log.read');
  expect(shown).toBe([0, 1, 2, 3, 4, 5].map(line).join(''));
  expect(last?.data).toEqual({ rest: 'of it' });
});
