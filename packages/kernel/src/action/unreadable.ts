/**
 * What came where a request should be and could not be read as one: a text that is no JSON, a body over the cap. Who reads a wire hands it
 * to `submit` or `decide` in the request's place, so that the refusal is decided, recorded and answered like any other.
 */
import type { Code } from '../errors.ts';

export class Unreadable {
  readonly code: Code;
  /** For the requester; quotes nothing of what came. */
  readonly message: string;

  constructor(code: Code, message: string) {
    this.code = code;
    this.message = message;
  }
}
