/** The document is made from the table: this holds it to that, and the schemas to what the kernel admits. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApi } from './openapi.ts';
import { ROUTES } from './routes/table.ts';
import { decideRequest } from './schema/action.ts';
import { type Running, running } from './testing/running.ts';

const document = JSON.parse(openApi(ROUTES));

test('every route is in it, once, with its rights', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, object>).map(([method, operation]) => ({
      path,
      method,
      operation,
    })),
  );
  expect(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
    ROUTES.map(({ method, path }) => `${method} ${path}`).sort(),
  );
  const ids = operations.map(({ operation }) => (operation as { operationId: string }).operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(document.openapi).toBe('3.1.0');
});

test('every reference leads somewhere, and path parameters are named', () => {
  const text = JSON.stringify(document);
  for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    let at = document;
    for (const part of (pointer as string).split('/')) at = at?.[part];
    expect(at, pointer).toBeDefined();
  }
  for (const [path, methods] of Object.entries(document.paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const operation of Object.values(
      methods as Record<string, { parameters: { in: string; name: string }[] }>,
    )) {
      const given = operation.parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      expect(given).toEqual(named);
    }
  }
});

test('every stream of events says what an event holds', () => {
  const streams = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods as Record<string, { responses: Record<string, { content?: object }> }>)
      .flatMap(({ responses }) => Object.values(responses))
      .flatMap(({ content }) => Object.entries(content ?? {}))
      .filter(([type]) => type === 'text/event-stream')
      .map(([, { 'x-portcullis-event': event }]) => [path, typeof event?.properties]),
  );
  expect(Object.fromEntries(streams)).toEqual({
    '/v1/submit': 'object',
    '/v1/invoke': 'object',
    '/v1/events': 'object',
  });
});

test('bodies refuse unknown members, but for AuthZEN, which ignores them', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(
      methods as Record<
        string,
        {
          requestBody?: {
            content: Record<string, { schema: { type?: string; additionalProperties?: unknown } }>;
          };
        }
      >,
    )) {
      const schema = operation.requestBody?.content['application/json']?.schema;
      if (schema?.type === 'object')
        expect([path, schema.additionalProperties]).toEqual([
          path,
          path.startsWith('/access/') ? {} : false,
        ]);
    }
  }
});

describe('what the kernel reads itself', () => {
  let one: Running;
  beforeAll(async () => {
    one = await running();
  });
  afterAll(() => one.clear());

  /** Requests that are mostly right, with one thing or another about them wrong. */
  const value = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({}),
  );
  const right = {
    action: fc.constant('ok.read'),
    resource: fc.constant('x'),
    params: fc.constant({ a: 1 }),
    justification: fc.constant('because'),
    execution: fc.constantFrom('host', 'none'),
    audience: fc.constant('someone'),
    context: fc.constant({}),
  };
  const requests = fc
    .tuple(
      fc.record(right, { requiredKeys: ['action'] }),
      fc.option(
        fc.tuple(
          fc.constantFrom(
            ...Object.keys(right),
            'token',
            'resume',
            'session',
            'extra',
            '__proto__',
            'Action',
          ),
          value,
        ),
        { nil: undefined },
      ),
    )
    .map(([request, spoil]) => {
      const entries = Object.entries(request);
      if (spoil !== undefined) entries.push(spoil as [string, never]);
      return Object.fromEntries(entries);
    });

  test('is refused at admission wherever the schema refuses it', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { status } = await one.ask('POST', '/v1/decide', { json: request });
        // A session that is not there is 404, a claim that the key may not make 403.
        expect([200, 400, 403, 404]).toContain(status);
        if (!decideRequest.safeParse(request).success) expect(status).toBe(400);
      }),
      { numRuns: 200 },
    );
  });
});

test('it is served to anybody', async () => {
  const one = await running();
  try {
    const { body } = await one.ask('GET', '/openapi.json', { key: undefined });
    expect(body).toEqual(document);
  } finally {
    await one.clear();
  }
});
