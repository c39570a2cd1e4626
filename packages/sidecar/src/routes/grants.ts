/** Grants: ask for one, narrow it, use it, give it up; and revoke them. */
import type {
  AttenuateRequest,
  GrantRequest,
  InvokeRequest,
  RevokeRequest,
} from '@portcullis/wire';
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import {
  attenuated,
  attenuateRequest,
  grantAnswer,
  grantPage,
  grantQuery,
  grantRequest,
  invokeRequest,
  revocation,
  revokeRequest,
} from '../schema/grant.ts';
import { result, streamFrame } from '../schema/result.ts';
import { answerFrames, asksForFrames } from '../stream/frames.ts';
import { answer } from './actions.ts';

export const grantRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/grants',
    summary:
      'Ask for a grant: a decision, and the token if the policy could permit such an action.',
    access: ['submit', 'decide'],
    body: grantRequest,
    readBy: 'kernel',
    answer: grantAnswer,
    handle: async ({ kernel, body, sidecar }) => {
      const settled = await kernel.grant(body as GrantRequest);
      sidecar.decided(settled.decision);
      return json(settled);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/grants',
    summary: 'Live grants: those that concern the key; for an auditor, all in the tenant.',
    access: ['explain'],
    query: grantQuery,
    answer: grantPage,
    handle: async ({ kernel, query }) => json(await kernel.grants(query)),
  }),
  route({
    method: 'POST',
    path: '/v1/grants/attenuate',
    summary: 'Narrow a token, for clients that cannot do it offline.',
    access: [],
    body: attenuateRequest,
    readBy: 'kernel',
    answer: attenuated,
    handle: async ({ kernel, body }) => json(await kernel.attenuate(body as AttenuateRequest)),
  }),
  route({
    method: 'POST',
    path: '/v1/grants/revoke',
    summary: 'Revoke a grant, all of a principal or a capability, or every token with a block.',
    access: ['quarantine'],
    body: revokeRequest,
    readBy: 'kernel',
    answer: revocation,
    handle: async ({ kernel, body }) => json(await kernel.revoke(body as RevokeRequest)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/grants/{id}',
    summary: 'Give up a grant of your own, with what was delegated from it.',
    access: [],
    answer: revocation,
    handle: async ({ kernel, params }) => json(await kernel.revokeGrant(params.id as string)),
  }),
  route({
    method: 'POST',
    path: '/v1/invoke',
    summary:
      'Use a grant: the token names the operation, the caller gives the arguments. `stream: true` as for submit.',
    access: ['submit', 'decide'],
    body: invokeRequest,
    readBy: 'kernel',
    answer: result,
    event: streamFrame,
    handle: async (call) =>
      asksForFrames(call.body)
        ? answerFrames(call, call.kernel.invokeStream(call.body as InvokeRequest))
        : answer(call, await call.kernel.invoke(call.body as InvokeRequest)),
  }),
];
