/** Policy, freeze and status. */
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import { policyReport, policyText, policyView } from '../schema/policy.ts';
import { freezeRequest, kernelStatus } from '../schema/status.ts';

export const policyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/policy',
    summary: 'The policy in force, layer by layer.',
    access: ['policy', 'journal'],
    answer: policyView,
    handle: async ({ kernel }) => json(await kernel.policy()),
  }),
  route({
    method: 'PUT',
    path: '/v1/policy',
    summary: 'Replace a managed policy.',
    access: ['policy'],
    body: policyText,
    answer: policyView,
    handle: async ({ kernel, body }) => json(await kernel.replacePolicy(body.text, body.format)),
  }),
  route({
    method: 'POST',
    path: '/v1/policy/check',
    summary: 'Name every mistake of a policy text; changes nothing.',
    access: ['policy'],
    body: policyText,
    answer: policyReport,
    handle: async ({ kernel, body }) => json(await kernel.checkPolicy(body.text, body.format)),
  }),
  route({
    method: 'POST',
    path: '/v1/freeze',
    summary:
      'Deny everything until lifted, across restarts, or lift that: for every tenant with a key of `default`, else for its own.',
    access: ['freeze'],
    body: freezeRequest,
    answer: kernelStatus,
    handle: async ({ kernel, body }) => json(await kernel.freeze(body.on, body.reason)),
  }),
  route({
    method: 'GET',
    path: '/v1/status',
    summary: 'The state of the kernel: mode, policy, journal, what is held or unknown.',
    access: [],
    answer: kernelStatus,
    handle: async ({ kernel }) => json(await kernel.status()),
  }),
];
