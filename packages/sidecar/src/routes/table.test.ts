/** The routes are a promise: this pins them. A change here is a change of the wire. */

import { RIGHTS } from '@portcullis/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { type Running, running } from '../testing/running.ts';
import { nameOf, sampleBody, samplePath } from '../testing/samples.ts';
import { ROUTES } from './table.ts';

test('method, path and who may', () => {
  expect(
    ROUTES.map((route) => `${nameOf(route)} ${[route.access].flat().join('|') || 'any'}`),
  ).toEqual([
    'POST /v1/submit submit',
    'POST /v1/decide decide',
    'POST /v1/outcomes outcomes',
    'POST /v1/expand submit|outcomes',
    'POST /v1/permits/verify outcomes',
    'POST /v1/permits/redeem outcomes',
    'GET /v1/explain/{id} explain',
    'GET /v1/capabilities submit|decide|policy',
    'POST /v1/capabilities/search submit|decide',
    'PUT /v1/capabilities/{id} policy',
    'POST /v1/capabilities/{id}/approve policy',
    'DELETE /v1/capabilities/{id} policy',
    'POST /v1/grants submit|decide',
    'GET /v1/grants explain',
    'POST /v1/grants/attenuate any',
    'POST /v1/grants/revoke quarantine',
    'DELETE /v1/grants/{id} any',
    'POST /v1/invoke submit|decide',
    'GET /v1/approvals any',
    'POST /v1/approvals approve',
    'GET /v1/approvals/{id} any',
    'POST /v1/approvals/{id} approve',
    'DELETE /v1/approvals/{id} any',
    'POST /v1/approvals/{id}/resume submit|decide',
    'GET /v1/budgets explain',
    'POST /v1/sessions sessions:open',
    'GET /v1/sessions/current any',
    'GET /v1/sessions/{id} any',
    'DELETE /v1/sessions/{id} sessions:open',
    'POST /v1/sessions/{id}/turns submit|decide',
    'POST /v1/sessions/{id}/quarantine quarantine',
    'POST /v1/sessions/{id}/endorse approve',
    'POST /v1/sessions/{id}/declassify approve',
    'POST /v1/invalidate quarantine',
    'POST /v1/restore quarantine',
    'GET /v1/invalidations explain',
    'GET /v1/journal explain',
    'GET /v1/journal/records/{seq} explain',
    'GET /v1/journal/proof/{seq} journal',
    'GET /v1/journal/checkpoint any',
    'GET /v1/journal/export explain',
    'POST /v1/journal/verify journal',
    'POST /v1/journal/resolve resolve',
    'GET /v1/policy policy|journal',
    'PUT /v1/policy policy',
    'POST /v1/policy/check policy',
    'POST /v1/freeze freeze',
    'GET /v1/status any',
    'POST /v1/scopes policy',
    'PUT /v1/scopes/{id} policy',
    'DELETE /v1/scopes/{id} policy',
    'GET /v1/events explain',
    'GET /v1/keys keys',
    'POST /v1/keys keys',
    'POST /v1/keys/{id}/rotate keys',
    'DELETE /v1/keys/{id} keys',
    'POST /access/v1/evaluation decide',
    'POST /access/v1/evaluations decide',
    'GET /.well-known/authzen-configuration public',
    'POST /access/v1/requests decide',
    'GET /access/v1/requests/{id} decide',
    'POST /access/v1/requests/{id}/cancel decide',
    'GET /healthz public',
    'GET /readyz public',
    'GET /metrics metrics',
    'GET /.well-known/jwks.json public',
    'GET /openapi.json public',
  ]);
});

describe('over the wire', () => {
  let one: Running;
  beforeAll(async () => {
    one = await running();
  });
  afterAll(() => one.clear());

  const call = async (route: (typeof ROUTES)[number], key: string | undefined) => {
    if (route.answer === 'text/event-stream') return stream(route, key);
    const json = sampleBody(route);
    return one.ask(route.method, samplePath(route), {
      key,
      ...(json === undefined ? {} : { json }),
    });
  };

  /** A stream has no end to wait for. */
  const stream = async (route: (typeof ROUTES)[number], key: string | undefined) => {
    const end = new AbortController();
    const headers: Record<string, string> =
      key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(one.url + route.path, { headers, signal: end.signal });
    const body = response.status === 200 ? undefined : await response.json();
    end.abort();
    return { status: response.status, headers: response.headers, text: '', body };
  };

  test('every right opens its routes and no other', async () => {
    for (const right of RIGHTS) {
      const key = one.keyWith([right]);
      for (const route of ROUTES) {
        const { status, body } = await call(route, key);
        const open =
          route.access === 'public' || route.access.length === 0 || route.access.includes(right);
        // Some routes ask for more than a right, and answer 403 with a code of their own.
        const forbidden = status === 403 && body.code === 'forbidden';
        expect(`${right} ${nameOf(route)} ${forbidden}`).toBe(`${right} ${nameOf(route)} ${!open}`);
        expect(status).toBeLessThan(500);
      }
    }
  });

  test('nobody opens what is not public', async () => {
    for (const route of ROUTES) {
      const { status, headers, body } = await call(route, undefined);
      if (route.access === 'public') expect(status, nameOf(route)).toBe(200);
      else {
        expect(status, nameOf(route)).toBe(401);
        expect(headers.get('www-authenticate')).toBe('Bearer realm="portcullis"');
        expect(body).toMatchObject({ code: 'unauthenticated', status: 401 });
      }
    }
  });

  test('answers are what the schemas say', async () => {
    const key = one.keyWith(RIGHTS, { may_assert: { user_turns: true, principals: ['*'] } });
    const session = (await one.ask('POST', '/v1/sessions', { key, json: {} })).body.id;
    let checked = 0;
    for (const route of ROUTES) {
      if (typeof route.answer === 'string') continue;
      const path = route.path.includes('/sessions/')
        ? route.path.replace('{id}', session)
        : samplePath(route);
      const json = sampleBody(route);
      const { status, body } = await one.ask(route.method, path, {
        key,
        ...(json === undefined ? {} : { json }),
      });
      if (status >= 300) continue;
      expect(status, nameOf(route)).toBe(route.status ?? 200);
      const parsed = (route.answer as z.ZodType).safeParse(body);
      expect(parsed.error?.issues, `${nameOf(route)} ${JSON.stringify(body)}`).toBeUndefined();
      checked++;
    }
    expect(checked).toBeGreaterThan(20);
  });

  test('a path with another method is 405 and says which it takes; no path is 404', async () => {
    for (const route of ROUTES) {
      const { status, headers, body } = await one.ask('PATCH', samplePath(route), { json: {} });
      expect(status, nameOf(route)).toBe(405);
      expect(headers.get('allow')?.split(', ')).toContain(route.method);
      expect(body.code).toBe('method_not_allowed');
    }
    for (const path of [
      '/',
      '/v1',
      '/v1/submit/',
      '/v2/submit',
      '/v1/explain',
      '/v1/explain/a/b',
      '/V1/submit',
      '/healthz/x',
      '/v1//submit',
    ]) {
      const { status, body } = await one.ask('GET', path);
      expect([path, status, body.code]).toEqual([path, 404, 'not_found']);
    }
    expect((await one.ask('OPTIONS', '/v1/submit')).status).toBe(405);
  });

  test('answers are not cached and not sniffed', async () => {
    for (const path of ['/healthz', '/v1/status', '/nowhere', '/openapi.json']) {
      const { headers } = await one.ask('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('HEAD is GET without a body; streams have none', async () => {
    const head = (path: string) => one.ask('HEAD', path, { key: one.adminKey });
    expect(await head('/v1/status')).toMatchObject({ status: 200, text: '' });
    expect((await head('/v1/events')).status).toBe(405);
    expect((await head('/v1/journal/export')).status).toBe(405);
  });
});
