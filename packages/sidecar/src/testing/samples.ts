/** For tests: a well-formed request for every route of the table; a route without one fails the tests that use them. */
import type { Route } from '../route.ts';

const evaluation = {
  subject: { type: 'agent', id: 'local' },
  action: { name: 'ok.read' },
  resource: { type: 'other', id: 'x' },
};

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /v1/submit': { action: 'ok.read' },
  'POST /v1/decide': { action: 'ok.read', execution: 'none' },
  'POST /v1/outcomes': { permit: 'nope', status: 'ok' },
  'POST /v1/expand': { handle: 'nope' },
  'POST /v1/permits/verify': { permit: 'nope' },
  'POST /v1/permits/redeem': { permit: 'nope' },
  'POST /v1/capabilities/search': { goal: 'read' },
  'PUT /v1/capabilities/{id}': {
    id: 'nothing',
    name: 'Nothing',
    description: 'It does nothing.',
    action: 'nothing',
    safety: 'read',
  },
  'POST /v1/capabilities/{id}/approve': { digest: 'nope' },
  'POST /v1/grants': { capability: 'ok.read' },
  'POST /v1/grants/attenuate': { token: 'nope', caveats: {} },
  'POST /v1/grants/revoke': { principal: 'nobody', reason: 'a test' },
  'POST /v1/invoke': { token: 'nope' },
  'POST /v1/approvals': { answers: [{ id: 'nothing', decision: 'deny' }] },
  'POST /v1/approvals/{id}': { decision: 'deny' },
  'POST /v1/approvals/{id}/resume': {},
  'POST /v1/sessions': { label: 'one' },
  'POST /v1/sessions/{id}/turns': { role: 'user', text: 'hello' },
  'POST /v1/sessions/{id}/quarantine': { level: 'read_only', reason: 'odd' },
  'POST /v1/sessions/{id}/endorse': { value: 'bob@example.com', reason: 'known' },
  'POST /v1/sessions/{id}/declassify': { value: '42', reason: 'published' },
  'POST /v1/invalidate': { target: 'principal', id: 'nobody', reason: 'a test' },
  'POST /v1/restore': { target: 'principal', id: 'nobody', reason: 'a test' },
  'POST /v1/journal/verify': {},
  'POST /v1/journal/resolve': { id: 'nothing', outcome: 'not' },
  'PUT /v1/policy': { text: 'version: 1\nrules: []\n' },
  'POST /v1/policy/check': { text: 'version: 1\nrules: []\n' },
  'POST /v1/scopes': { policy: '' },
  'PUT /v1/scopes/{id}': { policy: '' },
  'POST /v1/freeze': { on: false, reason: 'a test' },
  'POST /v1/keys': { principal: { id: 'made' }, rights: [] },
  'POST /v1/keys/{id}/rotate': {},
  'POST /access/v1/evaluation': evaluation,
  'POST /access/v1/requests': { ...evaluation, denial: { evaluation_id: 'nope' } },
  'POST /access/v1/requests/{id}/cancel': {},
  'POST /access/v1/evaluations': { ...evaluation, evaluations: [{}, {}] },
};

export const nameOf = (route: Route): string => `${route.method} ${route.path}`;

export function sampleBody(route: Route): unknown {
  if (route.body === undefined) return undefined;
  const name = nameOf(route);
  if (!(name in BODIES)) throw new Error(`no sample for ${name}`);
  return BODIES[name];
}

export const samplePath = (route: Route): string =>
  route.path.replace('{seq}', '0').replace('{id}', 'nothing');
