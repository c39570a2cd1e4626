/**
 * The kernel in this process, for `--local`: the same options as a sidecar of this data directory would have, the same principals as its
 * first keys. Fails with `already_running` where somebody has the journal open.
 */
import { ADMIN_RIGHTS, AGENT_RIGHTS, type Caller, openHost, type Right } from '@portcullis/kernel';
import type { Configuration } from '../config/effective.ts';
import { hostOptions } from '../config/sidecar-options.ts';
import { Fault } from '../exit.ts';
import type { Connection, Role } from './types.ts';

const NOTHING_ASSERTED = Object.freeze({
  principals: [],
  roles: [],
  onBehalfOf: [],
  context: [],
  userTurns: false,
});

const CALLERS: Readonly<Record<Role, Caller>> = Object.freeze({
  requester: caller({ id: 'local', kind: 'agent', roles: [], attributes: {} }, AGENT_RIGHTS),
  administrator: caller(
    { id: 'admin', kind: 'user', roles: ['admin'], attributes: {} },
    ADMIN_RIGHTS,
  ),
});

function caller(principal: Caller['principal'], rights: readonly Right[]): Caller {
  return Object.freeze({
    tenant: 'default',
    credential: 'local',
    principal,
    rights: new Set(rights),
    mayAssert: NOTHING_ASSERTED,
  });
}

export async function openLocal(
  configuration: Configuration,
  role: Role,
  note: (text: string) => void,
): Promise<Connection> {
  const host = await openHost({
    ...hostOptions(configuration),
    onMessage: (level, message) => note(`portcullis: ${level}: ${message}`),
  }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'already_running') throw error;
    throw new Fault(
      'already_running',
      `another process has ${configuration.settings.data_dir} open: without --local its sidecar is asked`,
      error,
    );
  });
  return { kernel: host.as(CALLERS[role]), close: () => host.close() };
}
