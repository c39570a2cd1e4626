import { expect, it } from 'vitest';
import { FEATURES } from './version.ts';

it('names each feature once', () => {
  expect(new Set(FEATURES).size).toBe(FEATURES.length);
});
