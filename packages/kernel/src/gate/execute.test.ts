import { describe, expect, it } from 'vitest';
import type { Action } from '../action/types.ts';
import { type Provider, ProviderError } from '../provider/types.ts';
import { type Execution, execute } from './execute.ts';
import { openPermitOffice } from './permit.ts';

const action: Action = {
  name: 'x.do',
  resource: { kind: 'other', value: 'a' },
  params: {},
  paramsText: '{}',
  hostPath: false,
  digest: 'd',
};

function run(provider: Provider['execute'], more: Partial<Execution> = {}) {
  const office = openPermitOffice();
  return execute(office, {
    permit: office.mint(action, 1_000),
    digest: 'd',
    provider: { family: 'x', actions: [], execute: provider },
    context: { tenant: 'default', principal: 'p', session: 's', actionId: 'a' },
    signal: undefined,
    now: 0,
    deadline: 10_000,
    ...more,
  });
}

describe('the executor', () => {
  it('runs nothing without a permit of its office', async () => {
    let ran = 0;
    const outcome = await run(
      () => {
        ran += 1;
        return { data: null, labels: [] };
      },
      { permit: Object.freeze({}) as never },
    );
    expect(outcome).toMatchObject({ status: 'not_executed', error: { code: 'permit_invalid' } });
    expect(ran).toBe(0);
  });

  it('hands the provider the action that was permitted, not a copy that somebody could have changed', async () => {
    let seen: unknown;
    await run((given) => {
      seen = given;
      return { data: null, labels: [] };
    });
    expect(seen).toBe(action);
  });

  it('stays synchronous with a synchronous provider', () => {
    expect(run(() => ({ data: 1, labels: [] }))).toEqual({
      status: 'ok',
      error: undefined,
      data: 1,
      labels: [],
    });
  });

  it.each([
    [
      'a refusal before anything happened',
      new ProviderError('outside_permit', 'x', 'none'),
      'not_executed',
      'outside_permit',
    ],
    [
      'a failure that changed nothing',
      new ProviderError('provider_error', 'x', 'none'),
      'error',
      'provider_error',
    ],
    [
      'a failure in the middle',
      new ProviderError('provider_error', 'x', 'possible'),
      'error',
      'provider_error',
    ],
    [
      'giving up in the middle',
      new ProviderError('timeout', 'x', 'possible'),
      'unknown',
      'timeout',
    ],
    ['any other error', new Error('x'), 'error', 'provider_error'],
    ['a throw that is no error', 'x', 'error', 'provider_error'],
  ])('tells %s apart', async (_, thrown, status, code) => {
    const sync = await run(() => {
      throw thrown;
    });
    const late = await run(() => Promise.reject(thrown));
    expect(sync).toMatchObject({ status, error: { code } });
    expect(late).toMatchObject({ status, error: { code } });
  });

  it.each([null, undefined, 7, 'text', {}, { data: 1 }])(
    'takes %j for no output',
    async (output) => {
      expect(await run(() => output as never)).toMatchObject({
        status: 'error',
        error: { code: 'provider_error' },
      });
    },
  );

  it('tells a provider to stop at the deadline, and takes what it then says', async () => {
    const outcome = await run(
      (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { deadline: 5 },
    );
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'timeout' } });
  });

  it('tells a provider to stop when the requester is gone, even where it was gone before', async () => {
    const outcome = await run(
      (_, { signal }) =>
        new Promise((_, reject) => {
          const stop = () => reject(signal.reason);
          if (signal.aborted) stop();
          else signal.addEventListener('abort', stop);
        }),
      { signal: AbortSignal.abort() },
    );
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'cancelled' } });
  });
});
