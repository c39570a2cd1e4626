/**
 * The one place from which a provider is reached. Takes a permit, runs exactly the action it was made for, within a time, and turns whatever
 * comes back into an outcome: a value that fails to be JSON, a throw, a hang are outcomes too.
 */
import type { Json, Label, OutcomeError, OutcomeStatus } from '@portcullis/wire';
import type { MaybePromise } from '../action/types.ts';
import { CODES } from '../errors.ts';
import { redactText } from '../frame/index.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
  type ProviderPiece,
} from '../provider/types.ts';
import { isOutputData, labelsOf } from './output.ts';
import type { Permit, PermitOffice } from './permit.ts';

export type { ProviderPiece } from '../provider/types.ts';

export interface Executed {
  readonly status: OutcomeStatus;
  readonly error: OutcomeError | undefined;
  readonly data: Json | Uint8Array | undefined;
  readonly labels: readonly Label[];
}

export interface Execution {
  readonly permit: Permit;
  readonly digest: string;
  readonly provider: Provider;
  readonly context: Omit<ProviderContext, 'signal'>;
  /** The requester goes away: the provider is told, the outcome is journaled all the same. */
  readonly signal: AbortSignal | undefined;
  readonly now: number;
  /** Milliseconds. A provider has its own, shorter limits; this one holds where it has none. */
  readonly deadline: number;
}

/** Characters of an error's text that the requester gets. */
const LONGEST_MESSAGE = 1_024;

const NO_LABELS: readonly Label[] = Object.freeze([]);

/** Milliseconds for which pieces may follow each other while nobody else has a turn. */
const LONGEST_TURN = 10;

/** How long after its deadline a provider that was told to stop may still answer. */
const GRACE = 2_000;

export function execute(office: PermitOffice, run: Execution): MaybePromise<Executed> {
  const action = office.consume(run.permit, run.digest, run.now);
  if (action === undefined)
    return failed('not_executed', 'permit_invalid', CODES.permit_invalid.title);
  const context = new Abortable(run.context);
  let output: MaybePromise<ProviderOutput>;
  try {
    output = run.provider.execute(action, context);
  } catch (error) {
    return fault(error);
  }
  if (!(output instanceof Promise)) return done(output);
  return watched(output, context, run);
}

/** A controller costs more than many an action: one is made for whoever looks at the signal. */
class Abortable implements ProviderContext {
  readonly tenant: string;
  readonly principal: string;
  readonly session: string;
  readonly actionId: string;
  #controller: AbortController | undefined = undefined;

  constructor({ tenant, principal, session, actionId }: Execution['context']) {
    this.tenant = tenant;
    this.principal = principal;
    this.session = session;
    this.actionId = actionId;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: ProviderError): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}

/**
 * As `execute`, of a provider that answers in pieces: each is taken before the next is asked for. Once this has answered, no piece is taken any more,
 * whatever the provider does.
 */
export async function executeStream(
  office: PermitOffice,
  run: Execution,
  take: (piece: ProviderPiece) => Promise<void>,
): Promise<Executed> {
  const action = office.consume(run.permit, run.digest, run.now);
  if (action === undefined)
    return failed('not_executed', 'permit_invalid', CODES.permit_invalid.title);
  if (run.signal?.aborted === true)
    return failed('not_executed', 'cancelled', CODES.cancelled.title);
  const abort = new AbortController();
  const answered = { yes: false };
  let pieces: AsyncIterator<ProviderPiece, ProviderOutput, undefined> | undefined;
  let turn = performance.now();
  const pull = async (): Promise<ProviderOutput> => {
    pieces = run.provider.executeStream?.(action, { ...run.context, signal: abort.signal });
    if (pieces === undefined) throw new Error('this provider does not stream');
    for (;;) {
      const next = await pieces.next();
      if (next.done === true) return next.value;
      // Told to stop, it may still say what came of it; nobody waits for who reads.
      if (answered.yes) throw new Error('given up');
      if (!abort.signal.aborted) await unlessAborted(take(sound(next.value)), abort.signal);
      // Pieces that wait for nothing leave no turn to timers, its own deadline among them.
      if (performance.now() - turn > LONGEST_TURN) {
        await new Promise(setImmediate);
        turn = performance.now();
      }
    }
  };
  try {
    return await watched(pull(), abort, run);
  } finally {
    answered.yes = true;
    // It may be in the middle of a piece that never comes: nobody waits for what it makes of this.
    void ended(pieces);
  }
}

async function ended(pieces: AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await pieces?.return?.();
  } catch {
    // What it did is settled by now.
  }
}

function unlessAborted(taken: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    taken.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function sound(piece: ProviderPiece): ProviderPiece {
  const labels = labelsOf(piece?.labels);
  if (labels !== undefined && isOutputData(piece.data)) return { data: piece.data, labels };
  throw new ProviderError('provider_error', NEITHER, 'possible');
}

const NEITHER = 'the provider answered with something that is neither JSON nor bytes';

async function watched(
  output: Promise<ProviderOutput>,
  context: { abort(reason: ProviderError): void },
  run: Execution,
): Promise<Executed> {
  let timer: NodeJS.Timeout | undefined;
  let leave: (() => void) | undefined;
  const stopped = new Promise<Executed>((resolve) => {
    const stop = (code: 'timeout' | 'cancelled'): void => {
      context.abort(new ProviderError(code, CODES[code].title, 'possible'));
      clearTimeout(timer);
      // A provider that heeds the signal says what came of it; one that does not leaves it unknown.
      timer = setTimeout(() => resolve(failed('unknown', code, CODES[code].title)), GRACE);
    };
    timer = setTimeout(() => stop('timeout'), run.deadline);
    if (run.signal !== undefined) {
      leave = () => stop('cancelled');
      if (run.signal.aborted) leave();
      else run.signal.addEventListener('abort', leave, { once: true });
    }
  });
  try {
    return await Promise.race([output.then(done, fault), stopped]);
  } finally {
    clearTimeout(timer);
    if (leave !== undefined) run.signal?.removeEventListener('abort', leave);
  }
}

function done(output: ProviderOutput): Executed {
  try {
    const labels = labelsOf(output.labels);
    if (labels !== undefined && isOutputData(output.data))
      return { status: 'ok', error: undefined, data: output.data, labels };
  } catch {
    // Reading it failed: it is no data.
  }
  return failed('error', 'provider_error', NEITHER);
}

/** A provider's own error says whether anything may have happened; any other throw leaves that open. */
function fault(error: unknown): Executed {
  if (error instanceof ProviderError) return failed(statusOf(error), error.code, error.message);
  return failed(
    'error',
    'provider_error',
    error instanceof Error ? error.message : CODES.provider_error.title,
  );
}

/** Tried and failed is `error`; refused before anything was tried is `not_executed`; given up on in the middle is `unknown`. */
function statusOf(error: ProviderError): OutcomeStatus {
  const stopped = error.code === 'timeout' || error.code === 'cancelled';
  if (error.effect === 'possible') return stopped ? 'unknown' : 'error';
  return stopped || error.code === 'provider_error' ? 'error' : 'not_executed';
}

function failed(status: OutcomeStatus, code: string, message: string): Executed {
  const error = { code, message: redactText(message, LONGEST_MESSAGE).text };
  return { status, error, data: undefined, labels: NO_LABELS };
}
