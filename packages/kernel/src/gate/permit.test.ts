import { describe, expect, it } from 'vitest';
import type { Action } from '../action/types.ts';
import { openPermitOffice, type Permit } from './permit.ts';

const action: Action = {
  name: 'fs.read',
  resource: { kind: 'fs', value: '/a' },
  params: {},
  paramsText: '{}',
  hostPath: false,
  digest: 'd1',
};

describe('a permit', () => {
  it('gives the action once', () => {
    const office = openPermitOffice();
    const permit = office.mint(action, 100);
    expect(office.consume(permit, 'd1', 50)).toBe(action);
    expect(office.consume(permit, 'd1', 50)).toBeUndefined();
  });

  it('is void for another digest, and used up by the try', () => {
    const office = openPermitOffice();
    const permit = office.mint(action, 100);
    expect(office.consume(permit, 'd2', 50)).toBeUndefined();
    expect(office.consume(permit, 'd1', 50)).toBeUndefined();
  });

  it('is void after its life', () => {
    const office = openPermitOffice();
    expect(office.consume(office.mint(action, 100), 'd1', 101)).toBeUndefined();
  });

  it('cannot be forged: not by shape, by copy, by prototype, by another office', () => {
    const office = openPermitOffice();
    const permit = office.mint(action, 100);
    const forgeries: unknown[] = [
      {},
      Object.create(permit as object),
      { ...(permit as object) },
      structuredClone({ ...(permit as object) }),
      new Proxy(permit as object, {}),
      openPermitOffice().mint(action, 100),
    ];
    for (const forged of forgeries)
      expect(office.consume(forged as Permit, 'd1', 50)).toBeUndefined();
    expect(office.consume(permit, 'd1', 50)).toBe(action);
  });

  it('is no permit where it is nothing of the kind, and leads to nothing that makes one', () => {
    const office = openPermitOffice();
    for (const other of [
      undefined,
      null,
      1,
      'x',
      true,
      Symbol('x'),
      () => 0,
      [],
      new Proxy({}, {}),
    ])
      expect(office.consume(other as never, 'd', 0)).toBeUndefined();
    const permit = office.mint({ digest: 'd' } as never, 10) as unknown as object;
    expect(permit.constructor).toBe(Object);
    expect(Reflect.ownKeys(Object.getPrototypeOf(permit))).toEqual([]);
    expect(Object.isFrozen(Object.getPrototypeOf(permit))).toBe(true);
  });

  it('shows its holder nothing', () => {
    const permit = openPermitOffice().mint(action, 100) as object;
    expect(Reflect.ownKeys(permit)).toEqual([]);
    expect(Object.isFrozen(permit)).toBe(true);
  });
});
