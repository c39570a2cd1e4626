import { realpathSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ActionInput, canonicalAction, familyOf } from './action.ts';
import { readRequest } from './admit.ts';
import { actionDigest } from './digest.ts';
import type { Action, ResourceTraits } from './types.ts';

const startDir = realpathSync(import.meta.dirname);

function make(request: object, more: Partial<ActionInput> = {}): Action | string {
  const admitted = readRequest(request);
  if (!admitted.ok) return admitted.code;
  const read = canonicalAction({
    tenant: 'default',
    principalId: 'bot',
    onBehalfOf: undefined,
    definition: undefined,
    request: admitted.request,
    startDir,
    hostExecuted: false,
    ...more,
  });
  return read.ok ? read.action : `${read.code} ${read.pointer}`;
}
const made = (request: object, more: Partial<ActionInput> = {}): Action => {
  const action = make(request, more);
  if (typeof action === 'string') throw new Error(action);
  return action;
};

test('a frozen action with its digest', () => {
  const action = made({ action: 'fs.read', resource: 'action.ts', params: { offset: 1 } });
  expect(action).toMatchObject({
    name: 'fs.read',
    resource: { kind: 'fs', value: `${startDir}/action.ts` },
    paramsText: '{"offset":1}',
    hostPath: false,
  });
  expect(action.digest).toBe(
    actionDigest({
      tenant: 'default',
      principal: 'bot',
      onBehalfOf: undefined,
      name: 'fs.read',
      resource: action.resource,
      paramsText: '{"offset":1}',
    }),
  );
  expect(
    Object.isFrozen(action) && Object.isFrozen(action.resource) && Object.isFrozen(action.params),
  ).toBe(true);
});

test('the family: of the definition, else of the name', () => {
  expect(
    [
      'fs.x',
      'http.get',
      'proc.exec',
      'mcp.call',
      'fs',
      'fsx.read',
      'issue_refund',
      'sql.query',
    ].map(familyOf),
  ).toEqual(['fs', 'http', 'proc', 'mcp', 'other', 'other', 'other', 'other']);
  expect(made({ action: 'issue_refund' }).resource).toEqual({ kind: 'other', value: '' });
  expect(
    made(
      { action: 'crm.fetch', resource: 'HTTPS://Example.com' },
      { definition: { resource: 'http' } },
    ).resource,
  ).toEqual({ kind: 'http', value: 'https://example.com/' });
  for (const action of ['fs.read', 'http.get', 'proc.exec', 'mcp.call'])
    expect(make({ action })).toBe('invalid_resource /resource');
});

test('a parameter that restates the resource', () => {
  const definition: ResourceTraits = { resource: 'fs', restates: ['path'] };
  expect(make({ action: 'fs.read', resource: 'a', params: { path: 'a' } }, { definition })).toBe(
    'restated_resource /params/path',
  );
  expect(make({ action: 'fs.read', resource: 'a', params: { path: null } })).toBe(
    'restated_resource /params/path',
  );
  expect(make({ action: 'http.get', resource: 'http://h/', params: { url: 'http://evil/' } })).toBe(
    'restated_resource /params/url',
  );
  for (const name of ['command', 'executable']) {
    expect(make({ action: 'proc.exec', resource: 'ls', params: { [name]: 'rm' } })).toBe(
      `restated_resource /params/${name}`,
    );
  }
  expect(make({ action: 'http.get', resource: 'http://h/?a=1', params: { query: 'b=2' } })).toBe(
    'restated_resource /params/query',
  );
});

test('the query of a URL is a parameter, in the digest and before the rules', () => {
  const inUrl = made({
    action: 'http.get',
    resource: 'https://h.example/a?b=é#c',
    params: { headers: {} },
  });
  const apart = made({
    action: 'http.get',
    resource: 'https://h.example/a',
    params: { query: 'b=é', headers: {} },
  });
  expect(inUrl.params).toEqual({ headers: {}, query: 'b=%C3%A9' });
  expect(inUrl.paramsText).toBe('{"headers":{},"query":"b=%C3%A9"}');
  expect(apart).toEqual(inUrl);
  expect(
    make({ action: 'http.get', resource: 'https://h.example/a', params: { query: 'a#b' } }),
  ).toBe('invalid_params /params/query');
});

test('parameters that are paths are canonical too', () => {
  const definition: ResourceTraits = { resource: 'fs', paths: ['to'] };
  const action = made(
    { action: 'fs.move', resource: 'a', params: { to: 'resource/../b', keep: 1 } },
    { definition },
  );
  expect(action.params).toEqual({ to: `${startDir}/b`, keep: 1 });
  expect(make({ action: 'fs.move', resource: 'a', params: { to: 'a\0b' } }, { definition })).toBe(
    'invalid_params /params/to',
  );
  const cwd: ResourceTraits = { resource: 'proc', paths: ['cwd'] };
  expect(
    made({ action: 'proc.exec', resource: 'ls', params: { cwd: '.' } }, { definition: cwd }).params,
  ).toEqual({ cwd: startDir });
});

test('where a move goes is canonical though no provider defines it: rules judge it as they judge where it is from', () => {
  const moved = { action: 'fs.move', resource: 'a', params: { to: 'resource/../b' } };
  expect(made(moved).params).toEqual({ to: `${startDir}/b` });
  expect(make({ ...moved, params: { to: 'a\0b' } })).toBe('invalid_params /params/to');
  expect(made({ ...moved, action: 'fs.copy' }).params).toEqual(moved.params);
});

test('arguments of a program', () => {
  expect(make({ action: 'proc.exec', resource: 'ls', params: { args: 'x' } })).toBe(
    'invalid_params /params/args',
  );
  expect(make({ action: 'proc.exec', resource: 'ls -l' })).toBe('invalid_resource /resource');
});

test('where the host executes, paths are lexical and marked', () => {
  const action = made({ action: 'fs.read', resource: 'nowhere/../x' }, { hostExecuted: true });
  expect(action).toMatchObject({
    resource: { kind: 'fs', value: `${startDir}/x` },
    hostPath: true,
  });
  expect(made({ action: 'issue_refund' }, { hostExecuted: true }).hostPath).toBe(false);
});

test('every part of the digest counts', () => {
  const base = { action: 'crm.note', resource: 'a', params: { x: 1 } };
  const digests = [
    made(base),
    made({ ...base, action: 'crm.nota' }),
    made({ ...base, resource: 'b' }),
    made({ ...base, params: { x: '1' } }),
    made({ ...base, params: { x: true } }),
    made({ ...base, params: {} }),
    made(base, { tenant: 't' }),
    made(base, { principalId: 'other' }),
    made(base, { onBehalfOf: 'ann' }),
    made(base, { onBehalfOf: 'null' }),
    made(base, { definition: { resource: 'other', digest: 'd' } }),
    made({ ...base, resource: 'http://h/' }, { definition: { resource: 'http' } }),
  ].map((action) => action.digest);
  expect(new Set(digests).size).toBe(digests.length);
  expect(made({ ...base, params: { x: 1.0, y: undefined } }).digest).toBe(digests[0]);
});

test('what came out goes in again unchanged, changed params without a text included', () => {
  const resource = fc.constantFrom(
    'a/b',
    './a//b',
    'action.ts',
    '..',
    'https://H.example:443/a/../%41?q=%7e#f',
    'http://2130706433/?x',
    'git',
    '/bin/ls',
    's/t',
    'order 17',
  );
  const action = fc.constantFrom('fs.read', 'http.get', 'proc.exec', 'mcp.call', 'note');
  fc.assert(
    fc.property(
      action,
      resource,
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
      fc.boolean(),
      (name, raw, params, hostExecuted) => {
        const first = make({ action: name, resource: raw, params }, { hostExecuted });
        if (typeof first === 'string') return;
        const request = {
          action: first.name,
          resource: first.resource.value,
          params: first.params,
        };
        const again = canonicalAction({
          tenant: 'default',
          principalId: 'bot',
          onBehalfOf: undefined,
          definition: undefined,
          request,
          startDir: '/',
          hostExecuted,
        });
        expect(again).toEqual({ ok: true, action: first });
      },
    ),
  );
});
