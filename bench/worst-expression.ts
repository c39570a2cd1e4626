/** The slowest accepted expression over a mebibyte of params: the best of five, for each pair of a hostile set. Wanted: under 5 ms. */
import { compileExpression } from '../packages/kernel/src/policy/cel/compile.ts';
import type { Subject } from '../packages/kernel/src/policy/cel/types.ts';
import {
  HOSTILE_PARAMS,
  HOSTILE_SOURCES,
} from '../packages/kernel/src/testing/hostile-expressions.ts';

export function worstExpression(): { source: string; milliseconds: number } {
  let worst = { source: '', milliseconds: 0 };
  for (const source of HOSTILE_SOURCES) {
    const expression = compileExpression(source);
    for (const params of HOSTILE_PARAMS) {
      const subject = { params } as unknown as Subject;
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        expression.evaluate(subject);
        best = Math.min(best, performance.now() - start);
      }
      if (best > worst.milliseconds) worst = { source, milliseconds: best };
    }
  }
  return worst;
}

if (import.meta.main) {
  const { source, milliseconds } = worstExpression();
  console.log(`worst accepted expression over 1 MiB: ${milliseconds.toFixed(2)} ms (${source})`);
}
