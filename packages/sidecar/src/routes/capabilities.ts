/** What agents may ask for: listed, searched, registered, approved, deleted. */
import { PortcullisError } from '@portcullis/kernel';
import type { CapabilityDefinition, CapabilityGoal } from '@portcullis/wire';
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import {
  capabilityApproval,
  capabilityDefinition,
  capabilityGoal,
  capabilityView,
  capabilityViews,
} from '../schema/capability.ts';
import { revocation } from '../schema/grant.ts';

export const capabilityRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/capabilities',
    summary:
      'What the key could be granted; with the right policy all capabilities, pending ones too.',
    access: ['submit', 'decide', 'policy'],
    answer: capabilityViews,
    handle: async ({ kernel }) => json({ capabilities: await kernel.capabilities() }),
  }),
  route({
    method: 'POST',
    path: '/v1/capabilities/search',
    summary: 'What fits a goal, best first, out of what the key could be granted.',
    access: ['submit', 'decide'],
    body: capabilityGoal,
    readBy: 'kernel',
    answer: capabilityViews,
    handle: async ({ kernel, body }) =>
      json({ capabilities: await kernel.requestCapabilities(body as CapabilityGoal) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/capabilities/{id}',
    summary: 'Register a definition. A changed one waits until it is approved by its digest.',
    access: ['policy'],
    body: capabilityDefinition.partial({ id: true }),
    readBy: 'kernel',
    answer: capabilityView,
    handle: async ({ kernel, params, body }) => {
      const { id = params.id } = (body ?? {}) as { id?: unknown };
      if (id !== params.id)
        throw new PortcullisError('malformed_request', 'the id is another than that of the path');
      // What is no object stays what it is, for the kernel to refuse.
      const plain = typeof body === 'object' && body !== null && !Array.isArray(body);
      const whole = plain ? { ...body, id } : body;
      return json(await kernel.registerCapability(whole as unknown as CapabilityDefinition));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/capabilities/{id}/approve',
    summary: 'Approve a changed definition, by its digest.',
    access: ['policy'],
    body: capabilityApproval,
    answer: capabilityView,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.approveCapability(params.id as string, body.digest)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/capabilities/{id}',
    summary: 'Delete what was registered; every grant of it falls.',
    access: ['policy'],
    answer: revocation,
    handle: async ({ kernel, params }) => json(await kernel.deleteCapability(params.id as string)),
  }),
];
