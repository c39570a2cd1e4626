/** `onApproval` of the client, over a real sidecar: yes, no, a throw, no answer in time, and what others have to answer. */
import { connect, type OnApproval } from '@portcullis/client';
import type { Kernel } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWire, type WireTarget } from './wire.ts';

const POLICY = {
  version: 1,
  rules: [
    { name: 'ask', effect: 'require_approval', when: { action: 'test.count' } },
    {
      name: 'leads',
      effect: 'require_approval',
      when: { action: 'test.destroy' },
      // biome-ignore lint/suspicious/noThenProperty: the policy's word
      then: { approvers: ['role:lead'] },
    },
  ],
};

let target: WireTarget;
let kernel: Kernel | undefined;
beforeEach(async () => {
  target = await openWire({ policy: POLICY }, 'tcp');
});
afterEach(async () => {
  await kernel?.close();
  await target.close();
});

async function asking(onApproval: OnApproval, approvalTimeout = 10_000): Promise<Kernel> {
  const { url, keys } = target;
  kernel = await connect({ url, apiKey: keys.agent as string, onApproval, approvalTimeout });
  return kernel;
}
const ask = (k: Kernel, n = 1) => k.submit({ action: 'test.count', params: { n } });

it('true approves, and the action runs once', async () => {
  const seen: unknown[] = [];
  const k = await asking((held, decision) => {
    seen.push([held.action.name, held.action.params, decision.code]);
    return true;
  });
  expect(await ask(k)).toMatchObject({
    decision: { code: 'permitted' },
    outcome: { status: 'ok' },
  });
  expect(seen).toEqual([['test.count', { n: 1 }, 'approval_required']]);
  expect(target.world.ran['test.count']).toBe(1);
});

it('a stream goes on with what was held, once it is approved', async () => {
  const k = await asking(async () => true);
  const frames = [];
  for await (const frame of k.submitStream({ action: 'test.count', params: { n: 2 } }))
    frames.push(frame);
  expect(frames).toMatchObject([
    { seq: 0, final: true, data: { count: 1 }, result: { outcome: { status: 'ok' } } },
  ]);
  const no = await asking(async () => false);
  for await (const frame of no.submitStream({ action: 'test.count', params: { n: 3 } }))
    expect(frame).toMatchObject({ final: true, result: { decision: { code: 'approval_denied' } } });
  await no.close();
});

it('anything else denies', async () => {
  for (const said of [false, 1, 'yes', undefined]) {
    const k = await asking(async () => said as boolean);
    expect((await ask(k)).decision.code).toBe('approval_denied');
    await k.close();
  }
  const late = await asking(() => new Promise(() => {}), 20);
  const told = (await ask(late)).decision;
  expect([told.code, told.reason]).toEqual([
    'approval_denied',
    'the handler did not answer in time',
  ]);
  await late.close();
  const blocking = await asking(() => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    return true;
  }, 20);
  expect((await ask(blocking)).decision.reason).toBe('the handler did not answer in time');
  await blocking.close();
  const boom = await asking(() => {
    throw new RangeError('boom');
  });
  await expect(ask(boom)).rejects.toThrow(RangeError);
  expect(await boom.approvals({ status: 'denied' })).toHaveLength(7);
  expect(target.world.ran['test.count']).toBeUndefined();
});

it('what others have to approve stays held, and nobody is asked', async () => {
  let asked = 0;
  const k = await asking(() => {
    asked += 1;
    return true;
  });
  const held = await k.submit({ action: 'test.destroy' });
  expect([held.decision.code, held.approval?.status, asked]).toEqual([
    'approval_required',
    'open',
    0,
  ]);
});
