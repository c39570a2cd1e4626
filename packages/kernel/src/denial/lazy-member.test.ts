import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withLazyMember } from './lazy-member.ts';

it('is seen by nobody to differ from a literal with a getter', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (members, value) => {
      delete members.help;
      const literal = {
        ...members,
        get help() {
          return value;
        },
      };
      const later = withLazyMember({ ...members }, 'help', () => value);
      expect(later).toStrictEqual(literal);
      expect(Reflect.ownKeys(later)).toEqual(Reflect.ownKeys(literal));
      expect(JSON.stringify(later)).toBe(JSON.stringify(literal));
      expect(structuredClone(later)).toEqual(structuredClone(literal));
      expect({ ...later }).toStrictEqual({ ...literal });
      expect(Object.getPrototypeOf(later)).toBe(Object.prototype);
    }),
  );
});

it('does nothing until it is looked at, and each object has work of its own', () => {
  const looked: number[] = [];
  const all = [1, 2, 3].map((n) => withLazyMember({ n }, 'help', () => looked.push(n)));
  expect(looked).toEqual([]);
  void all[1]?.help;
  expect(looked).toEqual([2]);
  const { get } = Object.getOwnPropertyDescriptor(all[0], 'help') as { get: () => unknown };
  expect(() => get.call({})).toThrow(TypeError);
});
