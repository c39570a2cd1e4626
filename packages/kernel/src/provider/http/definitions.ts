/** The actions of `http`: each method its own. The URL is the resource; its query is the parameter `query`. */
import type { Json } from '@portcullis/wire';
import { deepFreeze } from '../freeze.ts';
import type { ActionDefinition } from '../types.ts';

const RESTATES: readonly string[] = [
  'url',
  'uri',
  'href',
  'host',
  'hostname',
  'method',
  'scheme',
  'protocol',
  'port',
  'endpoint',
  'resource',
];

const COMMON: { [key: string]: Json } = {
  query: {
    type: 'string',
    maxLength: 16_384,
    description: 'The query of the URL, encoded, without the question mark.',
  },
  headers: {
    type: 'object',
    maxProperties: 64,
    additionalProperties: { type: 'string', maxLength: 16_384 },
    description: 'Request headers. Those that frame or route the message are refused.',
  },
  timeout_ms: {
    type: 'integer',
    minimum: 1,
    description: 'For the whole exchange. Default and maximum: what is configured.',
  },
};

const BODY: { [key: string]: Json } = {
  body: {
    description: 'A text is sent as it is, as text/plain; anything else as JSON.',
  },
};

interface Method {
  readonly verb: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly effect: ActionDefinition['effect'];
  readonly body: boolean;
  readonly description: string;
}

/** Safe methods (RFC 9110, 9.2.1) ask for no change; a body is taken where the method gives one a meaning. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['http.get', { verb: 'GET', effect: 'read', body: false, description: 'Fetch a resource.' }],
  [
    'http.head',
    { verb: 'HEAD', effect: 'read', body: false, description: 'Fetch the headers of a resource.' },
  ],
  [
    'http.options',
    { verb: 'OPTIONS', effect: 'read', body: false, description: 'Ask what a resource can do.' },
  ],
  [
    'http.post',
    { verb: 'POST', effect: 'write', body: true, description: 'Send data to a resource.' },
  ],
  [
    'http.put',
    {
      verb: 'PUT',
      effect: 'destructive',
      body: true,
      description: 'Create or replace a resource.',
    },
  ],
  [
    'http.patch',
    { verb: 'PATCH', effect: 'destructive', body: true, description: 'Change a resource.' },
  ],
  [
    'http.delete',
    { verb: 'DELETE', effect: 'destructive', body: false, description: 'Delete a resource.' },
  ],
]);

export const HTTP_ACTIONS: readonly ActionDefinition[] = deepFreeze(
  [...METHODS].map(
    ([name, method]): ActionDefinition => ({
      name,
      resource: 'http',
      effect: method.effect,
      restates: RESTATES,
      description: `${method.description} A redirect is a result, not followed.`,
      params: {
        type: 'object',
        properties: { ...COMMON, ...(method.body ? BODY : {}) },
        additionalProperties: false,
      },
    }),
  ),
);
