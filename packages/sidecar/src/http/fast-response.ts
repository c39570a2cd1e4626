/**
 * The Response of @hono/node-server, which keeps a text body as it is and so skips the web stream. The library offers it only by
 * replacing the process's own Request and Response; a library that others embed must not, so they are put back at once.
 */
import { getRequestListener } from '@hono/node-server';

const platform = { Request: globalThis.Request, Response: globalThis.Response };

getRequestListener(() => new platform.Response());

export const FastResponse = globalThis.Response;

for (const [name, value] of Object.entries(platform)) {
  Object.defineProperty(globalThis, name, { value });
}
