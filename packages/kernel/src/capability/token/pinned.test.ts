import { expect, test } from 'vitest';
import { asRead } from '../grants/request.ts';
import { settledBy } from './pinned.ts';

test('caveats that pin nothing settle nothing, whatever action was asked for before', () => {
  // None of a member that lies deeper is settled: this is worked out the long way.
  const deeper = asRead({ params: { '/a/b': { eq: 1 } } });
  for (const action of ['fs.read', 'ok.row', 'http.get', 'fs.read'])
    for (const caveats of [[asRead({})], [], [asRead({ session: 's' }), asRead({ uses: 1 })]]) {
      const known = settledBy({ action }, caveats);
      expect(known).toEqual(settledBy({ action }, [...caveats, deeper]));
      expect(Object.isFrozen(known.action) && Object.isFrozen(known.action.resource)).toBe(true);
    }
});
