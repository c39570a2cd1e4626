/** For those who run it: alive, ready, metrics, and what this API is. */

import { z } from 'zod';
import { json, jsonWith, text } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import { readiness } from '../schema/status.ts';

/** What the sidecar adds to the kernel's features. */
const SIDECAR_FEATURES = Object.freeze(['authzen', 'keys', 'openapi', 'webhooks']);

export const operationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/healthz',
    summary: 'The process answers.',
    access: 'public',
    answer: z.strictObject({ status: z.literal('ok') }),
    handle: () => json({ status: 'ok' }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether it can decide, and what it can do: 503 while the journal cannot be written.',
    access: 'public',
    answer: readiness,
    handle: ({ sidecar }) => {
      const { version, api, features, mode, journal } = sidecar.host.status();
      const ready = journal.writable && !sidecar.draining.aborted;
      const all = [...features, ...SIDECAR_FEATURES].sort();
      return jsonWith(ready ? 200 : 503, { ready, version, api, features: all, mode });
    },
  }),
  route({
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus text format; labels from closed sets only.',
    access: ['metrics'],
    answer: 'text/plain',
    handle: async ({ sidecar }) =>
      text(await sidecar.metrics(), 'text/plain; version=0.0.4; charset=utf-8'),
  }),
  route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary:
      'Public keys of what this sidecar signs and sends out: webhooks, AuthZEN tokens (RFC 7517).',
    access: 'public',
    answer: z.strictObject({
      keys: z.array(
        z.strictObject({
          kty: z.literal('OKP'),
          crv: z.literal('Ed25519'),
          x: z.string(),
          kid: z.string(),
          alg: z.literal('EdDSA'),
          use: z.literal('sig'),
        }),
      ),
    }),
    handle: ({ sidecar }) => json({ keys: sidecar.publicKeys() }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API, OpenAPI 3.1.',
    access: 'public',
    answer: 'application/json',
    handle: ({ sidecar }) => text(sidecar.openApi(), 'application/json'),
  }),
];
