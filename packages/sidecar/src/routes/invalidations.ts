/** What is over at once: sessions, principals, roles; and lifting that. */
import { z } from 'zod';
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import { invalidation, invalidationRequest } from '../schema/invalidation.ts';

export const invalidationRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/invalidate',
    summary: 'End a session, a principal or a role at once, with its outstanding permits.',
    access: ['quarantine'],
    body: invalidationRequest,
    answer: invalidation,
    handle: async ({ kernel, body }) => json(await kernel.invalidate(body)),
  }),
  route({
    method: 'POST',
    path: '/v1/restore',
    summary: 'Lift an invalidation. Permits that it voided stay void.',
    access: ['quarantine'],
    body: invalidationRequest,
    answer: z.strictObject({ restored: z.literal(true) }),
    handle: async ({ kernel, body }) => {
      await kernel.restore(body);
      return json({ restored: true });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/invalidations',
    summary: 'What is invalidated now: for an auditor everything, else what concerns the key.',
    access: ['explain'],
    answer: z.strictObject({ invalidations: z.array(invalidation) }),
    handle: async ({ kernel }) => json({ invalidations: await kernel.invalidations() }),
  }),
];
