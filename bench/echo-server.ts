/** The baseline over HTTP: reads a JSON body with the same library and sends it back. `echo-server.ts SOCKET`; prints its port. */
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.post('/', async (c) => c.json(await c.req.json()));
const tcp = createAdaptorServer({ fetch: app.fetch });
const unix = createAdaptorServer({ fetch: app.fetch });
unix.listen(process.argv[2]);
tcp.listen(0, '127.0.0.1', () => console.log((tcp.address() as AddressInfo).port));
