/** What happens, as it happens: a principal sees its own, an auditor all of the tenant. */
import { z } from 'zod';
import { stream } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import { kernelEvent } from '../schema/status.ts';
import { eventStream, lastEventId } from '../stream/events.ts';

export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/events',
    summary: 'Server-sent events; resume with Last-Event-ID or `after`.',
    access: ['explain'],
    query: z.strictObject({ after: z.number().int().min(0).exactOptional() }),
    answer: 'text/event-stream',
    event: kernelEvent,
    handle: (call) => {
      const after = lastEventId(call.incoming.headers['last-event-id']) ?? call.query.after;
      return stream(eventStream(call, after), 'text/event-stream');
    },
  }),
];
