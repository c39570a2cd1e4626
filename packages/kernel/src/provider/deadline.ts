/** One end for an action: the caller goes away or the time runs out, whichever is first. */

export interface Deadline {
  readonly signal: AbortSignal;
  /** Why it ended; undefined while it has not. */
  readonly ended: () => 'cancelled' | 'timeout' | undefined;
  /** Settles like `work`, or rejects when the end comes first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Always call it: lets go of the timer and the caller's signal. */
  release(): void;
}

export function startDeadline(caller: AbortSignal, milliseconds: number): Deadline {
  const controller = new AbortController();
  let why: 'cancelled' | 'timeout' | undefined;
  const end = (reason: 'cancelled' | 'timeout'): void => {
    why ??= reason;
    controller.abort();
  };
  const cancel = (): void => end('cancelled');
  const timer = setTimeout(() => end('timeout'), milliseconds);
  caller.addEventListener('abort', cancel, { once: true });
  if (caller.aborted) cancel();
  const { signal } = controller;
  return {
    signal,
    ended: () => why,
    race: (work) =>
      new Promise((resolve, reject) => {
        const stop = (): void => reject(signal.reason);
        if (signal.aborted) stop();
        signal.addEventListener('abort', stop, { once: true });
        work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
      }),
    release: () => {
      clearTimeout(timer);
      caller.removeEventListener('abort', cancel);
    },
  };
}
