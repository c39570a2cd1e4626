/**
 * Runs attacks against a policy: a real kernel in memory decides every call, with the host as executor, so nothing runs and nothing is
 * sent. What a permitted call would bring back is reported as its outcome: the session has then read it.
 */
import { createKernel, type PolicyFormat, whyNotPublic } from '@portcullis/kernel';
import type { Kernel } from '@portcullis/wire';
import type { Call, Scenario } from './scenario.ts';

interface CallAnswer {
  readonly action: string;
  readonly resource: string;
  readonly by?: string;
  readonly through: boolean;
  /** Of the decision, or `provider_refused` where the http provider would refuse what the policy permits. */
  readonly code: string;
  /** The guard that refused, or `provider`. */
  readonly stopped_by?: string;
  readonly rule?: string;
}

export interface ScenarioReport {
  readonly name: string;
  readonly description: string;
  readonly harm: string;
  /** Every call did: the attack succeeds. */
  readonly through: boolean;
  readonly calls: readonly CallAnswer[];
}

export async function simulate(
  scenarios: readonly Scenario[],
  options: { readonly policy: string; readonly format?: PolicyFormat; readonly startDir: string },
): Promise<ScenarioReport[]> {
  const reports: ScenarioReport[] = [];
  for (const scenario of scenarios) {
    // A kernel each: rates and sessions of one attack say nothing about the next.
    const kernel = await createKernel({ startDir: options.startDir, node: 'simulation' });
    try {
      await kernel.replacePolicy(options.policy, options.format);
      reports.push(await one(kernel, scenario));
    } finally {
      await kernel.close();
    }
  }
  return reports;
}

async function one(
  kernel: Kernel,
  { name, description, harm, calls }: Scenario,
): Promise<ScenarioReport> {
  const sessions = new Map<string, string>();
  const answers: CallAnswer[] = [];
  for (const call of calls) {
    const by = call.by ?? 'agent';
    let session = sessions.get(by);
    if (session === undefined) {
      session = (await kernel.openSession({ context: { principal: by, kind: 'agent' } })).id;
      sessions.set(by, session);
    }
    answers.push(await ask(kernel, call, by, session));
  }
  return {
    name,
    description,
    harm,
    through: answers.every(({ through }) => through),
    calls: answers,
  };
}

async function ask(kernel: Kernel, call: Call, by: string, session: string): Promise<CallAnswer> {
  const { action, resource, params, returns } = call;
  const { decision, permit } = await kernel.decide({
    action,
    resource,
    session,
    context: { principal: by, kind: 'agent' },
    execution: returns === undefined ? 'none' : 'host',
    ...(params === undefined ? {} : { params }),
  });
  const permitted = decision.effect === 'permit' || decision.effect === 'modify';
  const address = permitted && refusedAddress(call);
  if (permit !== undefined) await kernel.report({ permit, status: 'ok', result: returns ?? null });
  const rule = decision.detail?.rule;
  const stopped = !permitted
    ? (decision.detail?.guard ?? 'gate')
    : address
      ? 'provider'
      : undefined;
  return {
    action,
    resource,
    ...(call.by === undefined ? {} : { by }),
    through: stopped === undefined,
    code: address ? 'provider_refused' : decision.code,
    ...(stopped === undefined ? {} : { stopped_by: stopped }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/** Whether the http provider refuses the address: the check that it makes itself, on what the name resolves to. */
function refusedAddress({ action, resource, resolves }: Call): boolean {
  if (!action.startsWith('http.')) return false;
  const host = resolves ?? new URL(resource).hostname.replace(/^\[|\]$/g, '');
  const literal = resolves !== undefined || host.includes(':') || /^[\d.]+$/.test(host);
  return literal && whyNotPublic(host) !== undefined;
}
