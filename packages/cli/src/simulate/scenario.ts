/** An attack as data: the calls that an agent would make who was led astray. */
import type { JsonObject } from '@portcullis/wire';

export interface Call {
  readonly action: string;
  /** Relative paths begin at the start directory. */
  readonly resource: string;
  readonly params?: JsonObject;
  /** Which agent, where there is more than one. Each has a session of its own. */
  readonly by?: string;
  /** What the call would bring back, if it ran: the session has read it from then on. */
  readonly returns?: string;
  /** What the host name resolves to, where that is the attack. */
  readonly resolves?: string;
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  /** What an attacker would have won: it must not get through. */
  readonly harm: string;
  /** In order. The attack gets through when every call does: each one needs those before it. */
  readonly calls: readonly Call[];
}
