import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isActionName, readRequest } from './admit.ts';
import { readJson } from './json/read.ts';

const refusal = (input: unknown, verb: 'submit' | 'decide' = 'decide'): string => {
  const read = readRequest(input, undefined, verb);
  return read.ok ? 'ok' : `${read.code} ${read.pointer}`;
};

const FULL = {
  action: 'http.post',
  resource: 'https://example.com/',
  params: { b: 1, a: [2] },
  session: 's-1',
  context: {
    principal: 'bot',
    kind: 'agent',
    roles: ['r'],
    on_behalf_of: 'ann',
    ip: '::ffff:10.0.0.1',
    country: 'in',
    region: 'KA',
    city: 'Bengaluru',
    latitude: 12.97,
    longitude: -0,
    device: 'd',
    user_agent: 'x/1',
  },
  justification: 'because',
  token: 'tok',
  idempotency_key: 'k',
  resume: 'id',
  execution: 'host',
  audience: 'a',
};

test('a whole request, as a frozen copy', () => {
  const read = readRequest(FULL);
  if (!read.ok) throw new Error(read.message);
  const { request } = read;
  expect(request).toMatchObject({
    action: 'http.post',
    paramsText: '{"a":[2],"b":1}',
    execution: 'host',
    audience: 'a',
    idempotency_key: 'k',
  });
  expect(request.context).toMatchObject({ ip: '10.0.0.1', country: 'IN', roles: ['r'] });
  expect(Object.is(request.context?.longitude, 0)).toBe(true);
  expect(
    [request, request.params, request.context, request.context?.roles].every(Object.isFrozen),
  ).toBe(true);
  expect(request.params).not.toBe(FULL.params);
});

test('the least request', () => {
  const read = readRequest({ action: 'x' });
  expect(read).toMatchObject({ ok: true, request: { action: 'x', params: {}, paramsText: '{}' } });
  expect(read.ok && Object.hasOwn(read.request, 'resource')).toBe(false);
  expect(refusal({ action: 'x', resource: undefined, context: undefined, params: undefined })).toBe(
    'ok',
  );
});

test('unknown fields, with the list of those there are', () => {
  expect(readRequest({ action: 'x', prams: {} })).toMatchObject({
    code: 'unknown_field',
    pointer: '/prams',
  });
  const read = readRequest({ action: 'x', 'a\u202e"b': 1 });
  expect(read.ok ? '' : read.message).toContain('action, resource, params, session');
  expect(refusal({ action: 'x', execution: 'none' }, 'submit')).toBe('unknown_field /execution');
  expect(refusal({ action: 'x', audience: 'a' }, 'submit')).toBe('unknown_field /audience');
  expect(refusal({ action: 'x', context: { rolls: [] } })).toBe('unknown_field /context/rolls');
  expect(refusal(JSON.parse('{"action":"x","__proto__":{"resource":"y"}}'))).toBe(
    'unknown_field /__proto__',
  );
  expect(refusal(JSON.parse('{"action":"x","context":{"__proto__":1}}'))).toBe(
    'unknown_field /context/__proto__',
  );
  expect(refusal({ action: 'x', constructor: 1 })).toBe('unknown_field /constructor');
});

test.each([
  [undefined, 'malformed_request '],
  [null, 'malformed_request '],
  [1, 'malformed_request '],
  ['x', 'malformed_request '],
  [[], 'malformed_request '],
  [new Map(), 'malformed_request '],
  [() => 1, 'malformed_request '],
  [{}, 'malformed_request /action'],
  [{ action: 1 }, 'malformed_request /action'],
  [{ action: ['x'] }, 'malformed_request /action'],
  [{ action: null }, 'malformed_request /action'],
  [{ action: '' }, 'invalid_action /action'],
  [{ action: 'Fs.read' }, 'invalid_action /action'],
  [{ action: 'fs..read' }, 'invalid_action /action'],
  [{ action: 'fs.' }, 'invalid_action /action'],
  [{ action: '1x' }, 'invalid_action /action'],
  [{ action: 'fs.reаd' }, 'invalid_action /action'],
  [{ action: 'fs.read\n' }, 'invalid_action /action'],
  [{ action: 'fs.*' }, 'invalid_action /action'],
  [{ action: `a${'.b'.repeat(64)}` }, 'invalid_action /action'],
  [{ action: 'x', params: [] }, 'malformed_request /params'],
  [{ action: 'x', params: null }, 'malformed_request /params'],
  [{ action: 'x', params: 'p' }, 'malformed_request /params'],
  [{ action: 'x', params: { a: { b: Number.NaN } } }, 'inexact_number /params/a/b'],
  [{ action: 'x', resource: 1 }, 'malformed_request /resource'],
  [{ action: 'x', resource: 'x'.repeat(8_193) }, 'too_large /resource'],
  [{ action: 'x', resource: '\ud800' }, 'invalid_text /resource'],
  [{ action: 'x', session: '' }, 'malformed_request /session'],
  [{ action: 'x', session: null }, 'malformed_request /session'],
  [{ action: 'x', session: 'x'.repeat(129) }, 'malformed_request /session'],
  [{ action: 'x', token: 'é' }, 'malformed_request /token'],
  [{ action: 'x', token: 'x'.repeat(65_537) }, 'malformed_request /token'],
  [{ action: 'x', idempotency_key: 'a\nb' }, 'malformed_request /idempotency_key'],
  [{ action: 'x', idempotency_key: 'x'.repeat(257) }, 'malformed_request /idempotency_key'],
  [{ action: 'x', justification: 'x'.repeat(4_001) }, 'too_large /justification'],
  [{ action: 'x', justification: '\udc00' }, 'invalid_text /justification'],
  [{ action: 'x', execution: 'me' }, 'malformed_request /execution'],
  [{ action: 'x', audience: '' }, 'malformed_request /audience'],
])('%# %j', (input, expected) => {
  expect(refusal(input)).toBe(expected);
});

describe('context', () => {
  test.each([
    ['principal', ''],
    ['principal', 1],
    ['principal', 'a\u200bb'],
    ['principal', 'x'.repeat(257)],
    ['kind', 'robot'],
    ['kind', 1],
    ['roles', 'admin'],
    ['roles', ['a', 1]],
    ['roles', ['']],
    ['roles', new Array(65).fill('r')],
    ['roles', { length: 1, 0: 'a' }],
    ['on_behalf_of', {}],
    ['ip', 'localhost'],
    ['ip', '0x7f.1'],
    ['ip', '2130706433'],
    ['ip', '127.1'],
    ['ip', '10.0.0.256'],
    ['ip', 'fe80::1%eth0'],
    ['ip', ' 10.0.0.1'],
    ['ip', 7],
    ['country', 'IND'],
    ['country', 'I1'],
    ['country', 'ıs'],
    ['region', 'a\0'],
    ['latitude', 90.001],
    ['latitude', Number.NaN],
    ['latitude', '12'],
    ['longitude', -181],
    ['longitude', Number.POSITIVE_INFINITY],
    ['device', false],
    ['user_agent', 'x'.repeat(1_025)],
    ['user_agent', 'a\r\nb'],
  ])('%s %j', (field, value) => {
    expect(refusal({ action: 'x', context: { [field]: value } })).toBe(
      `malformed_request /context/${field}`,
    );
  });
  test('must be an object', () => {
    for (const context of [null, 1, 'x', [], new Date(0)])
      expect(refusal({ action: 'x', context })).toBe('malformed_request /context');
  });
  test('addresses have one spelling', () => {
    const ip = (text: string): unknown => {
      const read = readRequest({ action: 'x', context: { ip: text } });
      return read.ok ? read.request.context?.ip : read.code;
    };
    expect(ip('2001:DB8:0:0::1')).toBe('2001:db8::1');
    expect(ip('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });
});

test('members are read once; what throws is an answer', () => {
  let reads = 0;
  const read = readRequest({
    get action() {
      return reads++ === 0 ? 'safe' : 'danger';
    },
  });
  expect(read).toMatchObject({ ok: true, request: { action: 'safe' } });
  expect(reads).toBe(1);
  expect(
    refusal({
      get action() {
        throw new Error('canary');
      },
    }),
  ).toBe('malformed_request ');
  expect(
    refusal(
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('canary');
          },
        },
      ),
    ),
  ).toBe('malformed_request ');
  expect(
    refusal({
      action: 'x',
      context: {
        get ip() {
          throw 1;
        },
      },
    }),
  ).toBe('malformed_request ');
});

test('names of actions', () => {
  for (const name of [
    'a',
    'fs.read',
    'issue_refund',
    'a1.2b._c',
    'portcullis.policy.replace',
    `a${'b'.repeat(127)}`,
  ])
    expect(isActionName(name)).toBe(true);
  for (const name of ['.a', 'a.', '_a', 'a-b', 'A', 'a b', 'ａ', `a${'b'.repeat(128)}`])
    expect(isActionName(name)).toBe(false);
});

test('members are counted alike in the process and over the wire', () => {
  for (const count of [9_990, 9_996, 9_997, 10_000]) {
    const params = Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 0]));
    const request = { action: 'x', params, context: { city: 'x' } };
    expect(readRequest(request).ok).toBe(count <= 9_996);
    expect(readJson(JSON.stringify(request)).ok).toBe(count <= 9_996);
  }
});

test('the same answer in the process and over the wire', () => {
  const field = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('fs.read', 'x', 'host', 'none'),
  );
  const names = fc.constantFrom(
    'action',
    'resource',
    'params',
    'session',
    'context',
    'justification',
    'token',
    'idempotency_key',
    'execution',
    'other',
  );
  fc.assert(
    fc.property(fc.dictionary(names, field), (input) => {
      const wire = readJson(JSON.stringify(input));
      if (!wire.ok) return;
      expect(readRequest(wire.value)).toEqual(readRequest(input));
    }),
    { numRuns: 500 },
  );
});

test('anything at all gets an answer', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withMap: true,
        withSparseArray: true,
        withNullPrototype: true,
      }),
      (input) => {
        expect(typeof readRequest(input).ok).toBe('boolean');
        expect(typeof readRequest({ action: 'x', params: input, context: input }).ok).toBe(
          'boolean',
        );
      },
    ),
  );
});
