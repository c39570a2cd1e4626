// Every case on a kernel in this process.
import { suite } from './suite.ts';
import { openInProcess } from './target.ts';

suite('in-process', false, openInProcess);
