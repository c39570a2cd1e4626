/** How the command ends: four exit codes, and the errors that carry one. */

/** 0 permitted or fine, 1 denied or not verified, 2 usage, 3 fault. */
export const EXIT = Object.freeze({ fine: 0, refused: 1, usage: 2, fault: 3 });

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What the user has to change: shown without a stack. `lines` say more, one thing each. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[] = []) {
    super(message);
    this.lines = lines;
  }
}

/** Something outside the user's command line failed: a sidecar, a file, a journal. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
