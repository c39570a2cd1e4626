/**
 * Bytes of heap and external memory that somebody still holds. The process needs `--expose-gc`. Collected three times: the memory of a buffer that nobody
 * holds is given back only after the collection that finds that out.
 */
export function live(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
