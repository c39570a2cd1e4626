/** Binary search over what stands in order: times, sums, the beginnings of lines. */

/** The first place from `from` up to `to` that `holds`; `to` where none does. Once it holds, it must hold for all places after. */
export function firstWhere(from: number, to: number, holds: (place: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
