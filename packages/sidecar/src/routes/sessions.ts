/** Sessions: one run of one principal. Another's id answers like an unknown one. */
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import {
  quarantineRequest,
  sessionOptions,
  sessionView,
  turn,
  vouchRequest,
} from '../schema/session.ts';

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/sessions',
    summary: 'Open a clean session.',
    access: ['sessions:open'],
    body: sessionOptions,
    absentBody: {},
    answer: sessionView,
    handle: async ({ kernel, body }) => json(await kernel.openSession(body)),
  }),
  route({
    method: 'GET',
    path: '/v1/sessions/current',
    summary: "The key's standing session.",
    access: [],
    answer: sessionView,
    handle: async ({ kernel }) => json(await kernel.session()),
  }),
  route({
    method: 'GET',
    path: '/v1/sessions/{id}',
    summary: 'One session.',
    access: [],
    answer: sessionView,
    handle: async ({ kernel, params }) => json(await kernel.session(params.id as string)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    summary: 'Close a session.',
    access: ['sessions:open'],
    answer: sessionView,
    handle: async ({ kernel, params }) => json(await kernel.closeSession(params.id as string)),
  }),
  route({
    method: 'POST',
    path: '/v1/sessions/{id}/turns',
    summary: 'Add a turn of the user; the key must be allowed to.',
    access: ['submit', 'decide'],
    body: turn,
    answer: sessionView,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.addTurn(params.id as string, body)),
  }),
  route({
    method: 'POST',
    path: '/v1/sessions/{id}/quarantine',
    summary: 'Quarantine a session, or release it.',
    access: ['quarantine'],
    body: quarantineRequest,
    answer: sessionView,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.quarantine(params.id as string, body.level, body.reason)),
  }),
  route({
    method: 'POST',
    path: '/v1/sessions/{id}/endorse',
    summary: 'Vouch for a value: in this session it counts as typed by the user.',
    access: ['approve'],
    body: vouchRequest,
    answer: sessionView,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.endorse(params.id as string, body)),
  }),
  route({
    method: 'POST',
    path: '/v1/sessions/{id}/declassify',
    summary: 'Call a value public: in this session it may go out.',
    access: ['approve'],
    body: vouchRequest,
    answer: sessionView,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.declassify(params.id as string, body)),
  }),
];
