/** API keys: each change an action of its own, journaled by the kernel. The secret passes the kernel by. */
import type { JsonObject } from '@portcullis/wire';
import { z } from 'zod';
import { json, jsonWith } from '../http/answer.ts';
import { type Call, type Route, route } from '../route.ts';
import { type KeyView, keyCreated, keyList, keyRequest, keyView } from '../schema/key.ts';

function administer<T>(call: Call, verb: string, params: JsonObject, run: () => T): Promise<T> {
  // What the kernel journals must not hold the secret, so the result goes around it.
  let result: T;
  return call.sidecar.host
    .administer(
      call.credential.caller,
      { name: `portcullis.keys.${verb}`, right: 'keys', params },
      () => {
        result = run();
        return null;
      },
    )
    .then(() => result);
}

const withKey = ({ view, key }: { view: KeyView; key: string }) => ({ ...view, key });

export const keyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/keys',
    summary: 'The keys of the tenant, without their secrets.',
    access: ['keys'],
    answer: keyList,
    handle: async (call) => {
      const { tenant } = call.credential.caller;
      return json({
        keys: await administer(call, 'list', {}, () => call.sidecar.keys.list(tenant)),
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/keys',
    summary: 'Make a key. Its text is in this answer and nowhere else.',
    access: ['keys'],
    body: keyRequest,
    answer: keyCreated,
    status: 201,
    handle: async (call) => {
      const { body, credential, sidecar } = call;
      const made = await administer(call, 'create', body as JsonObject, () =>
        sidecar.keys.create(credential.caller.tenant, body),
      );
      return jsonWith(201, withKey(made));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/keys/{id}/rotate',
    summary: 'A new secret for a key; the old one ends at once.',
    access: ['keys'],
    body: z.strictObject({}),
    absentBody: {},
    answer: keyCreated,
    handle: async (call) => {
      const id = call.params.id as string;
      const { tenant } = call.credential.caller;
      return json(
        withKey(
          await administer(call, 'rotate', { id }, () => call.sidecar.keys.rotate(tenant, id)),
        ),
      );
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/keys/{id}',
    summary: 'Revoke a key; what streams to it ends.',
    access: ['keys'],
    answer: keyView,
    handle: async (call) => {
      const id = call.params.id as string;
      const { tenant } = call.credential.caller;
      return json(
        await administer(call, 'revoke', { id }, () => call.sidecar.keys.revoke(tenant, id)),
      );
    },
  }),
];
