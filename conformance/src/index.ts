/** The public face of the suite: what is not here is private. */
export { type Actor, type Case, type Expect, loadCases, type Setup, type Step } from './case.ts';
export { type Answer, compare } from './compare.ts';
export { runCase } from './run.ts';
export { openInProcess, type Target } from './target.ts';
export { openWire, type Way, type WireTarget } from './wire.ts';
