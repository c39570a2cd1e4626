/** What a command holds while it speaks to a kernel. */
import type { Kernel } from '@portcullis/wire';

/** Whom the command acts as: who asks for actions, or who administers. */
export type Role = 'requester' | 'administrator';

export interface Connection {
  readonly kernel: Kernel;
  close(): Promise<void>;
}

export interface SidecarConnection extends Connection {
  /** Routes that are not verbs of the kernel: API keys. */
  call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}
