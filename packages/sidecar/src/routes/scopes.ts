/** Policies of one's own on this sidecar: for the sessions that the key opens in them. */
import type { ScopeRequest } from '@portcullis/wire';
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import { scopeRequest, scopeText, scopeView } from '../schema/scope.ts';

export const scopeRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/scopes',
    summary: "A policy of the key's own, in place of the server's, for sessions it opens in it.",
    access: ['policy'],
    body: scopeRequest,
    answer: scopeView,
    handle: async ({ kernel, body }) => json(await kernel.createScope(body as ScopeRequest)),
  }),
  route({
    method: 'PUT',
    path: '/v1/scopes/{id}',
    summary: "Replace a scope's policy. One that does not load leaves the last good one in force.",
    access: ['policy'],
    body: scopeText,
    answer: scopeView,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.replaceScope(params.id as string, body.policy, body.format)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/scopes/{id}',
    summary: 'End a scope: what goes on in its sessions is denied.',
    access: ['policy'],
    answer: scopeView,
    handle: async ({ kernel, params }) => json(await kernel.dropScope(params.id as string)),
  }),
];
