import { expect, test } from 'vitest';
import { FastResponse } from './fast-response.ts';

test("the process keeps its own Request and Response; ours is the library's", async () => {
  expect(FastResponse).not.toBe(globalThis.Response);
  expect(await fetch('data:text/plain,hi')).toBeInstanceOf(globalThis.Response);
  expect(new globalThis.Response('x')).not.toBeInstanceOf(FastResponse);
  expect(globalThis.Request.name).toBe('Request');
});
