/** What is over at once: one session, whatever a principal asks, or whoever bears a role. */
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
  /** Why. What a rule says of itself is for auditors: others read that a rule ended it. */
  readonly reason: string;
  /** Who saw to it: `drift`, `policy`, or `administrator`. */
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
  /** Gets what the listener throws, and what the way to the kernel does. Default: it is written where the kernel's faults go. */
  onError?: (error: unknown) => void;
}

/** Ends the listening; a second call does nothing. */
export interface Listening {
  (): void;
  /** From here on nothing is missed. In the process it is so at once. */
  readonly ready: Promise<void>;
}

/** A value of a session, by its own text: vouched for, or called public. */
export interface VouchRequest {
  value: string;
  reason: string;
}
