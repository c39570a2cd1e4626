/** What waits for people: seeing it, answering it, taking it up again. */
import type { ApprovalAnswer, ApprovalQuery } from '@portcullis/wire';
import { z } from 'zod';
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import {
  approval,
  approvalAnswer,
  approvalAnswers,
  approvalQuery,
  approvals,
} from '../schema/approval.ts';
import { result } from '../schema/result.ts';
import { answer } from './actions.ts';

export const approvalRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/approvals',
    summary: "Held actions: the key's own, those it may answer, for an auditor all of them.",
    access: [],
    query: approvalQuery,
    answer: approvals,
    handle: async ({ kernel, query }) =>
      json({ approvals: await kernel.approvals(query as ApprovalQuery) }),
  }),
  route({
    method: 'POST',
    path: '/v1/approvals',
    summary: 'Several answers: all count, or none.',
    access: ['approve'],
    body: approvalAnswers,
    answer: approvals,
    handle: async ({ kernel, body }) =>
      json({
        approvals: await kernel.answerApprovals(
          body.answers as ({ id: string } & ApprovalAnswer)[],
        ),
      }),
  }),
  route({
    method: 'GET',
    path: '/v1/approvals/{id}',
    summary: 'One held action, as an approver sees it.',
    access: [],
    answer: approval,
    handle: async ({ kernel, params }) => json(await kernel.approval(params.id as string)),
  }),
  route({
    method: 'POST',
    path: '/v1/approvals/{id}',
    summary: 'Approve or deny. Approving executes nothing: the requester resumes.',
    access: ['approve'],
    body: approvalAnswer,
    answer: approval,
    handle: async ({ kernel, params, body }) =>
      json(await kernel.answerApproval(params.id as string, body as ApprovalAnswer)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/approvals/{id}',
    summary: 'Withdraw a request of your own.',
    access: [],
    answer: approval,
    handle: async ({ kernel, params }) => json(await kernel.withdrawApproval(params.id as string)),
  }),
  route({
    method: 'POST',
    path: '/v1/approvals/{id}/resume',
    summary: 'Ask again for a held action, by the same key; the gate decides again.',
    access: ['submit', 'decide'],
    body: z.strictObject({}),
    absentBody: {},
    answer: result,
    handle: async (call) => answer(call, await call.kernel.resume(call.params.id as string)),
  }),
];
