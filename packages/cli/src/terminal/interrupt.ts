/** What stays until it is told to end: by an interrupt, or by whoever stops services. */

/** The second signal of a kind ends the process at once, as it does by default. */
export function untilInterrupted(): AbortSignal {
  const ends = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ends.abort());
  return ends.signal;
}
