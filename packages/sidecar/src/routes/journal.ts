/** The journal: a principal sees its own, an auditor all of the tenant. */
import { PortcullisError } from '@portcullis/kernel';
import { z } from 'zod';
import { json, stream, text } from '../http/answer.ts';
import { wholeNumber } from '../http/query.ts';
import { type Route, route } from '../route.ts';
import {
  explanation,
  inclusionProof,
  journalPage,
  journalQuery,
  journalRecord,
  resolveRequest,
  verifyReport,
} from '../schema/journal.ts';
import { exportRecords } from '../stream/export.ts';

function seqOf(params: Readonly<Record<string, string>>): number {
  const seq = wholeNumber(params.seq ?? '');
  if (seq === undefined)
    throw new PortcullisError('malformed_request', 'a sequence number is a whole number');
  return seq;
}

const exportQuery = journalQuery.omit({ limit: true, reverse: true });

export const journalRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/journal',
    summary: 'A page of records.',
    access: ['explain'],
    query: journalQuery,
    answer: journalPage,
    handle: async ({ kernel, query }) => json(await kernel.journal(query)),
  }),
  route({
    method: 'GET',
    path: '/v1/journal/records/{seq}',
    summary: 'One record.',
    access: ['explain'],
    answer: journalRecord,
    handle: async ({ kernel, params }) => json(await kernel.record(seqOf(params))),
  }),
  route({
    method: 'GET',
    path: '/v1/journal/proof/{seq}',
    summary: 'That a record is in the journal, under the newest checkpoint.',
    access: ['journal'],
    answer: inclusionProof,
    handle: async ({ kernel, params }) => json(await kernel.proof(seqOf(params))),
  }),
  route({
    method: 'GET',
    path: '/v1/journal/checkpoint',
    summary: 'The newest checkpoint, a C2SP signed note.',
    access: [],
    answer: 'text/plain',
    handle: async ({ kernel }) => text(await kernel.checkpoint()),
  }),
  route({
    method: 'GET',
    path: '/v1/journal/export',
    summary: 'All records that the query matches, one JSON object a line.',
    access: ['explain'],
    query: exportQuery,
    answer: 'application/x-ndjson',
    handle: async (call) => stream(await exportRecords(call, call.query), 'application/x-ndjson'),
  }),
  route({
    method: 'POST',
    path: '/v1/journal/verify',
    summary: 'Verify the whole journal and name the first thing wrong.',
    access: ['journal'],
    body: z.strictObject({}),
    absentBody: {},
    answer: verifyReport,
    handle: async ({ kernel }) => json(await kernel.verify()),
  }),
  route({
    method: 'POST',
    path: '/v1/journal/resolve',
    summary: 'Settle an action whose outcome is unknown.',
    access: ['resolve'],
    body: resolveRequest,
    answer: explanation,
    handle: async ({ kernel, body }) => json(await kernel.resolve(body.id, body.outcome)),
  }),
];
