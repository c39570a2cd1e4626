/** What rules over the order of calls add to a decision: both shipped documents against none, for calls that are steps and for one that is none, and the arrow. */
import { readFileSync } from 'node:fs';
import { createKernel } from '@portcullis/kernel';
import type { DecideRequest, Kernel } from '@portcullis/wire';
import { main, type Size } from './figure.ts';
import { spread, timePerCall } from './measure.ts';

const RULES = 'version: 1\nrules: [{name: all, effect: permit, when: {flow: {tainted: false}}}]\n';
const shipped = (name: string): string =>
  readFileSync(new URL(`../policies/behaviour/${name}.yaml`, import.meta.url), 'utf8').split(
    'behaviour:\n',
  )[1] as string;
const DOCUMENTS = `${RULES}behaviour:\n${shipped('ari-six')}${shipped('correlation')}`;
const ARROW = `${RULES}behaviour:
  - {name: arrow, sequence: read -> send, steps: {read: {action: vault.read}, send: {action: net.post}}, effect: deny}
`;

const open = (policy: string): Promise<Kernel> => createKernel({ builtins: [], policy });

/** Microseconds that the rules add to one decision with its record, pair by pair. */
async function added(
  calls: number,
  policy: string,
  prepare: (kernel: Kernel) => Promise<unknown>,
  asked: (i: number) => DecideRequest,
) {
  const [plain, ruled] = [await open(RULES), await open(policy)];
  let i = 0;
  const timed = (kernel: Kernel) => timePerCall(calls, () => kernel.decide(asked(i++)));
  for (const kernel of [plain, ruled]) {
    await prepare(kernel);
    await timed(kernel);
  }
  const pairs: number[] = [];
  for (let round = 0; round < 9; round++) {
    const without = await timed(plain);
    pairs.push((await timed(ruled)) - without);
  }
  await plain.close();
  await ruled.close();
  return spread(pairs);
}

export async function measure(size: Size) {
  const calls = size === 'small' ? 2_000 : 20_000;
  const nothing = async () => {};
  const pure = { execution: 'none' } as const;
  const none = await added(calls, DOCUMENTS, nothing, () => ({ action: 'crm.show', ...pure }));
  const put = await added(calls, DOCUMENTS, nothing, (i) => ({
    action: 'kv.get',
    resource: `k${i % 1_000}`,
    ...pure,
  }));
  const megabyte = Array.from({ length: 100_000 }, (_, i) => `row${(i * 7919) % 99_991}`).join(' ');
  const read = async (kernel: Kernel) => {
    const { permit } = await kernel.decide({ action: 'vault.read' });
    if (permit !== undefined) await kernel.report({ permit, status: 'ok', result: megabyte });
  };
  const body = 'Hi Bob, here are the notes of the meeting on Tuesday. See you soon, Emma';
  const arrow = await added(calls, ARROW, read, () => ({
    action: 'net.post',
    params: { to: 'bob', body },
    ...pure,
  }));
  return [
    {
      name: '14 rules over calls, no step of any: added',
      wanted: ['<', 2],
      unit: 'us',
      measured: none,
    },
    {
      name: '14 rules over calls, a joined step: added',
      wanted: ['<', 20],
      unit: 'us',
      measured: put,
    },
    {
      name: 'an arrow, 1 MB of output behind it: added',
      wanted: ['<', 30],
      unit: 'us',
      measured: arrow,
    },
  ] as const;
}

await main(import.meta, measure);
