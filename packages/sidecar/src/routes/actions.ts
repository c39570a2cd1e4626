/** Decide and run: the routes an agent lives on. */
import type { ActionRequest, DecideRequest, ExpandRequest, Result } from '@portcullis/wire';
import { z } from 'zod';
import { json, neverAnAction, refusedResult } from '../http/answer.ts';
import { type Call, type Route, route } from '../route.ts';
import { actionRequest, decideRequest, permitCheck } from '../schema/action.ts';
import { explanation } from '../schema/journal.ts';
import {
  expandRequest,
  frame,
  outcomeAnswer,
  outcomeReport,
  permitStatus,
  result,
  streamFrame,
} from '../schema/result.ts';
import { answerFrames, asksForFrames } from '../stream/frames.ts';

/** For the description: the kernel, which reads the body, holds to it. */
const MAX_BATCH = 1000;

/** A decision of any effect is 200; what admission refused never became an action and is a problem document. */
export function answer(call: Call, settled: Result): Response {
  const { decision, outcome, replayed } = settled;
  call.sidecar.decided(decision);
  // An answer from memory was counted when it was given first.
  if (replayed !== true) call.sidecar.settled(outcome);
  return neverAnAction(settled) ? refusedResult(settled) : json(settled);
}

async function decideBatch(call: Call, requests: readonly DecideRequest[]): Promise<Response> {
  const results = await call.kernel.decideBatch(requests);
  for (const { decision } of results) call.sidecar.decided(decision);
  return json(results);
}

export const actionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/submit',
    summary:
      'Decide, journal, run and frame an action. With `stream: true` server-sent frames, the last one final.',
    access: ['submit'],
    body: actionRequest,
    readBy: 'kernel',
    answer: result,
    event: streamFrame,
    handle: async (call) =>
      asksForFrames(call.body)
        ? answerFrames(call, call.kernel.submitStream(call.body as ActionRequest))
        : answer(call, await call.kernel.submit(call.body as ActionRequest)),
  }),
  route({
    method: 'POST',
    path: '/v1/decide',
    summary:
      'Only decide and journal; the host runs the action under the permit. An array is a batch.',
    access: ['decide'],
    body: z.union([decideRequest, z.array(decideRequest).max(MAX_BATCH)]),
    readBy: 'kernel',
    answer: z.union([result, z.array(result)]),
    handle: (call) =>
      Array.isArray(call.body)
        ? decideBatch(call, call.body)
        : call.kernel.decide(call.body as DecideRequest).then((settled) => answer(call, settled)),
  }),
  route({
    method: 'POST',
    path: '/v1/outcomes',
    summary: 'Report what came of an action that the host ran.',
    access: ['outcomes'],
    body: outcomeReport,
    answer: outcomeAnswer,
    handle: async ({ kernel, body, sidecar }) => {
      const reported = await kernel.report(body);
      sidecar.settled(reported.outcome);
      return json(reported);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/expand',
    summary: 'A page of what a handle names: filtered, then paged, then cut down to fields.',
    access: ['submit', 'outcomes'],
    body: expandRequest,
    readBy: 'kernel',
    answer: frame,
    handle: async ({ kernel, body }) => json(await kernel.expand(body as ExpandRequest)),
  }),
  route({
    method: 'POST',
    path: '/v1/permits/verify',
    summary: 'Check a permit against an audience and an action.',
    access: ['outcomes'],
    body: permitCheck,
    answer: permitStatus,
    handle: async ({ kernel, body }) => json(await kernel.verifyPermit(body)),
  }),
  route({
    method: 'POST',
    path: '/v1/permits/redeem',
    summary: 'Verify a permit and mark it used: a second redeem answers permit_used.',
    access: ['outcomes'],
    body: permitCheck,
    answer: permitStatus,
    handle: async ({ kernel, body }) => json(await kernel.redeemPermit(body)),
  }),
  route({
    method: 'GET',
    path: '/v1/explain/{id}',
    summary: "Everything known of one action: the requester's view, or the auditor's.",
    access: ['explain'],
    answer: explanation,
    handle: async ({ kernel, params }) => json(await kernel.explain(params.id as string)),
  }),
];
