/** OpenAPI 3.1 from the route table and the schemas that validate: nothing is described twice. */
import { CODES } from '@portcullis/kernel';
import { z } from 'zod';
import type { Route } from './route.ts';
import { problem } from './schema/status.ts';

type Document = Record<string, unknown>;

const made = new WeakMap<readonly Route[], string>();

/** The document as JSON text; made once a table. */
export function openApi(routes: readonly Route[]): string {
  let text = made.get(routes);
  if (text === undefined) {
    text = JSON.stringify(documentOf(routes));
    made.set(routes, text);
  }
  return text;
}

function documentOf(routes: readonly Route[]): Document {
  const paths: Record<string, Document> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Portcullis',
      version: '1',
      description:
        'A decision of any effect is 200; errors are problem documents (RFC 9457) with a stable code.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'pcl_<id>_<secret>' },
      },
      schemas: { Problem: schemaOf(problem), Code: { type: 'string', enum: Object.keys(CODES) } },
      responses: {
        Problem: {
          description: 'What went wrong; `code` is stable.',
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          },
        },
      },
    },
  };
}

function operationOf(route: Route): Document {
  const rights = route.access === 'public' ? undefined : route.access;
  const body = route.body;
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(rights === undefined
      ? { security: [] }
      : { security: [{ key: [] }], 'x-portcullis-rights': rights }),
    parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: route.absentBody === undefined,
            content: { 'application/json': { schema: schemaOf(body) } },
          },
        }),
    responses: {
      [String(route.status ?? 200)]: {
        description: 'The answer.',
        content: { ...contentOf(route.answer), ...eventOf(route.event) },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

const contentOf = (answer: Route['answer']): Document =>
  typeof answer === 'string'
    ? { [answer]: answer === 'application/json' ? { schema: { type: 'object' } } : {} }
    : { 'application/json': { schema: schemaOf(answer) } };

/** OpenAPI 3.1 has no word for what each event holds. */
const eventOf = (event: z.ZodType | undefined): Document =>
  event === undefined
    ? {}
    : {
        'text/event-stream': { schema: { type: 'string' }, 'x-portcullis-event': schemaOf(event) },
      };

const operationId = (route: Route): string =>
  [route.method.toLowerCase(), ...route.path.split(/[^a-z0-9]+/i)].filter(Boolean).join('_');

const pathParameters = (path: string): Document[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodType | undefined): Document[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(schema: z.ZodType): Document {
  const { $schema: _, ...document } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return document;
}
