/** The table of routes as a Hono app: one handler a route, no middleware; what the table does not have is 404 or 405. */
import type { HttpBindings } from '@hono/node-server';
import { PortcullisError } from '@portcullis/kernel';
import { Hono } from 'hono';
import { problem } from './http/answer.ts';
import { TableRouter } from './http/table-router.ts';
import type { Method, Route } from './route.ts';
import { type Serving, serve, serveUnrouted } from './serve.ts';

export type Bindings = { Bindings: HttpBindings };

export function createApp(routes: readonly Route[], serving: Serving): Hono<Bindings> {
  const app = new Hono<Bindings>({ router: new TableRouter() });
  for (const route of routes) {
    app.on(route.method, route.path.replace(/\{(\w+)\}/g, ':$1'), serve(route, serving));
  }
  const paths = pathsOf(routes);
  app.notFound((c) =>
    serveUnrouted(serving, c.env, () => {
      const methods = paths.find(({ pattern }) => pattern.test(c.req.path))?.methods;
      if (methods === undefined)
        return problem(new PortcullisError('not_found', 'there is no such route'));
      return problem(new PortcullisError('method_not_allowed'), { allow: methods.join(', ') });
    }),
  );
  app.onError((error) => serving.faulted(error));
  return app;
}

interface PathMethods {
  readonly pattern: RegExp;
  readonly methods: readonly Method[];
}

function pathsOf(routes: readonly Route[]): readonly PathMethods[] {
  const paths = [...new Set(routes.map((route) => route.path))];
  return paths.map((path) => ({
    pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    methods: routes.filter((route) => route.path === path).map((route) => route.method),
  }));
}
