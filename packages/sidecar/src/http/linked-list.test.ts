import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkedList, ListNode } from './linked-list.ts';

class Named extends ListNode {
  readonly name: number;
  constructor(name: number) {
    super();
    this.name = name;
  }
}

function all(line: LinkedList<Named>): number[] {
  const names: number[] = [];
  for (let at = line.first; at !== undefined; at = line.behind(at)) names.push(at.name);
  return names;
}

test('two lines hold what two lists would, whoever joins and leaves', () => {
  const step = fc.record({ who: fc.nat({ max: 5 }), to: fc.constantFrom(0, 1, undefined) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const places = Array.from({ length: 6 }, (_, name) => new Named(name));
      const lines = [new LinkedList<Named>(), new LinkedList<Named>()] as const;
      const lists: [number[], number[]] = [[], []];
      for (const { who, to } of steps) {
        for (const list of lists) if (list.includes(who)) list.splice(list.indexOf(who), 1);
        if (to === undefined) (places[who] as Named).leave();
        else {
          lines[to].join(places[who] as Named);
          lists[to].push(who);
        }
        expect(lines.map(all)).toEqual(lists);
      }
    }),
  );
});
