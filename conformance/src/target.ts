/** Where cases run: a kernel in this process, or one behind a wire. Both give a `Kernel` for each actor of a case. */
import {
  AGENT_RIGHTS,
  type Caller,
  type KernelHost,
  openHost,
  RIGHTS,
  type Right,
} from '@portcullis/kernel';
import type { Json, JsonObject, Kernel, MayAssert, PrincipalKind } from '@portcullis/wire';
import type { Actor, Setup } from './case.ts';
import { World } from './world.ts';

export interface Target {
  readonly world: World;
  kernel(actor: string): Promise<Kernel>;
  /** Ends the kernel and starts another on the same data directory. */
  restart(): Promise<void>;
  /** An HTTP request as written; absent where there is no wire. */
  raw?(request: JsonObject, actor: string): Promise<Json>;
  /** What came out besides answers, by place: logs, metrics. */
  egress?(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** Who speaks: `agent` as the setup says, `admin` with every right, and the setup's other actors. */
export function actorsOf(setup: Setup): Record<string, Required<Actor>> {
  const agent: Required<Actor> = {
    principal: { id: 'agent-1', kind: 'agent', roles: [], attributes: {}, ...setup.principal },
    rights: setup.rights ?? [...AGENT_RIGHTS],
    may_assert: setup.may_assert ?? {},
  };
  const actors: Record<string, Required<Actor>> = {
    agent,
    admin: { principal: { id: 'admin-1', kind: 'user' }, rights: [...RIGHTS], may_assert: {} },
  };
  for (const [name, actor] of Object.entries(setup.actors ?? {}))
    actors[name] = {
      principal: { id: name, kind: 'agent', ...actor.principal },
      rights: actor.rights ?? [...AGENT_RIGHTS],
      may_assert: actor.may_assert ?? {},
    };
  return actors;
}

function callerOf(name: string, actor: Required<Actor>): Caller {
  const may = actor.may_assert as MayAssert;
  return {
    tenant: 'default',
    credential: `key-${name}`,
    principal: {
      id: actor.principal.id ?? name,
      kind: (actor.principal.kind ?? 'agent') as PrincipalKind,
      roles: actor.principal.roles ?? [],
      attributes: actor.principal.attributes ?? {},
    },
    rights: new Set(actor.rights as Right[]),
    mayAssert: {
      principals: may.principals ?? [],
      roles: may.roles ?? [],
      onBehalfOf: may.on_behalf_of ?? [],
      context: may.context ?? [],
      userTurns: may.user_turns ?? false,
    },
  };
}

export async function openInProcess(setup: Setup): Promise<Target> {
  const world = await World.open(setup);
  const actors = actorsOf(setup);
  let host: KernelHost;
  try {
    host = await openHost(world.hostOptions());
  } catch (error) {
    await world.close();
    throw error;
  }
  return {
    world,
    kernel: async (name) => host.as(callerOf(name, actors[name] as Required<Actor>)),
    async restart() {
      await host.close();
      host = await openHost(world.hostOptions());
    },
    async close() {
      await host.close();
      await world.close();
    },
  };
}
