/** Waiting for what comes next, so that who waits can say that it still does. */

/** `silence` after so many milliseconds, `ended` when the signal fires; rejects as `next` does. */
export function orSilence<T>(
  next: Promise<T>,
  after: number,
  signal: AbortSignal,
): Promise<T | 'silence' | 'ended'> {
  return new Promise((resolve, reject) => {
    const settle = (value: T | 'silence' | 'ended') => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onAbort = () => settle('ended');
    const timer = setTimeout(() => settle('silence'), after).unref();
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    next.then(settle, (error) => {
      reject(error);
      settle('ended');
    });
  });
}
