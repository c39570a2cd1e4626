/** The provider `test`: outcomes of every kind without a world outside, and a count of what really ran. */
import { type Provider, ProviderError, type ProviderOutput } from '@portcullis/kernel';
import type { Json, Label } from '@portcullis/wire';
import { CANARIES } from './canaries.ts';

const actions = [
  ['test.echo', 'read'],
  ['test.count', 'write'],
  ['test.destroy', 'destructive'],
  ['test.fail', 'write'],
  ['test.maybe', 'write'],
  ['test.throw', 'write'],
  ['test.secret', 'read'],
  ['test.deep', 'read'],
  ['test.big', 'read'],
  ['test.rows', 'read'],
  ['test.bytes', 'read'],
  ['test.odd', 'read'],
  ['test.untrusted', 'read'],
  ['test.stream', 'write'],
] as const;

const trusted: readonly Label[] = [
  { source: 'test', origin: 'here', integrity: 'trusted', confidentiality: 'public' },
];

export function testProvider(ran: Record<string, number>): Provider {
  return {
    family: 'test',
    actions: actions.map(([name, effect]) => ({
      name,
      resource: 'other',
      params: { type: 'object' },
      restates: ['target'],
      effect,
    })),
    execute(action): ProviderOutput {
      const count = (ran[action.name] ?? 0) + 1;
      ran[action.name] = count;
      return outputOf(action.name, action.params as Record<string, Json>, count);
    },
    async *executeStream(action, { signal }) {
      const params = action.params as Record<string, Json>;
      const count = (ran[action.name] ?? 0) + 1;
      ran[action.name] = count;
      if (action.name !== 'test.stream') return outputOf(action.name, params, count);
      for (const data of piecesOf(params)) {
        if (signal.aborted) throw new ProviderError('cancelled', 'it was told to stop', 'possible');
        yield { data, labels: trusted };
      }
      if (params.fail === true)
        throw new ProviderError('provider_error', 'it failed half way', 'possible');
      return { data: { count }, labels: trusted };
    },
  };
}

/** `pieces` as they are; or `canaries`, in texts of so many characters; or `lines`, so many. */
function* piecesOf({ pieces, canaries, lines }: Record<string, Json>): Generator<Json> {
  if (Array.isArray(pieces)) yield* pieces;
  if (canaries !== undefined) {
    const text = Object.values(CANARIES).join('\nand ');
    const size = Number(canaries);
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  for (let at = 0; at < Number(lines ?? 0); at++) yield `line ${at} of it\n`;
}

function outputOf(name: string, params: Record<string, Json>, count: number): ProviderOutput {
  const output = (data: unknown): ProviderOutput => ({ data: data as Json, labels: trusted });
  switch (name) {
    case 'test.fail':
      throw new ProviderError('provider_error', 'it failed before anything happened', 'none');
    case 'test.maybe':
      throw new ProviderError('provider_error', 'it failed half way', 'possible');
    case 'test.throw':
      throw new TypeError(`a bug, with ${CANARIES.github} in its message`);
    case 'test.secret':
      return output({ ...CANARIES, note: 'plain text stays', password: 'c4n4ry-password' });
    case 'test.deep': {
      let nested: Json = CANARIES.bearer;
      for (let i = 0; i < Number(params.depth ?? 100); i++) nested = { below: nested };
      return output(nested);
    }
    case 'test.rows':
      return output(
        Array.from({ length: Number(params.count ?? 100) }, (_, id) => ({
          id,
          kind: id % 2 === 0 ? 'even' : 'odd',
          token: CANARIES.github,
        })),
      );
    case 'test.big':
      return output('x'.repeat(Number(params.size ?? 1 << 20)));
    case 'test.bytes':
      return { data: Uint8Array.from(params.bytes as number[]), labels: trusted };
    case 'test.odd':
      return output([undefined, Number.NaN, 1n, () => 1, new Map()][Number(params.which ?? 0)]);
    case 'test.untrusted':
      return {
        data: 'from the web',
        labels: [
          {
            source: 'http',
            origin: 'evil.example',
            integrity: 'untrusted',
            confidentiality: 'public',
          },
        ],
      };
    case 'test.count':
    case 'test.destroy':
      return output({ count });
    default:
      return output({ params });
  }
}
