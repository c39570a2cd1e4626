/** Invalidation: ends one session, one principal, or everybody with a role, at once. */
export type InvalidationTarget = 'session' | 'principal' | 'role';

export interface InvalidationRequest {
  target: InvalidationTarget;
  /** The session's id, the principal's, or the role's name. */
  id: string;
  reason: string;
}

/** What a listener is told. */
export interface InvalidationScope {
  readonly target: InvalidationTarget;
  readonly id: string;
  /** Why. A rule's own reason is for auditors; others read that a rule ended it. */
  readonly reason: string;
  /** What ended it: `drift`, `policy`, or `administrator`. */
  readonly guard: string;
}

/** One that is in force. */
export interface Invalidation extends InvalidationScope {
  readonly at: string;
  /** The journal record that holds it. */
  readonly record: number;
}

export type InvalidationListener = (scope: InvalidationScope) => void | Promise<void>;

export interface ListenOptions {
  /** Gets what the listener throws, and faults of the connection to the kernel. Default: they go where the kernel's faults go. */
  onError?: (error: unknown) => void;
}

/** Ends the listening; a second call does nothing. */
export interface Listening {
  (): void;
  /** Resolves when nothing can be missed any more; in the process, at once. */
  readonly ready: Promise<void>;
}

/** A value of a session, by its own text: vouched for, or called public. */
export interface VouchRequest {
  value: string;
  reason: string;
}
