/** Held actions put to the host's own handler: anything but true, a handler that throws and one that is not done in time deny. */
import type { Approval, Decision } from '@portcullis/wire';

/** Gets the action as an approver sees it, and the decision that holds it. */
export type OnApproval = (held: Approval, decision: Decision) => boolean | Promise<boolean>;

export interface Said {
  readonly approved: boolean;
  readonly reason?: string;
  /** What the handler threw. */
  readonly error?: unknown;
}

export async function askHandler(
  handler: OnApproval,
  held: Approval,
  decision: Decision,
  timeout: number,
): Promise<Said> {
  const late = Symbol('late');
  const started = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(resolve, timeout, late);
  });
  try {
    const said = await Promise.race([handler(held, decision), limit]);
    // One that blocks the loop keeps the timer from ending it.
    if (said === late || performance.now() - started > timeout)
      return { approved: false, reason: 'the handler did not answer in time' };
    return { approved: said === true };
  } catch (error) {
    return { approved: false, reason: 'the handler failed', error };
  } finally {
    clearTimeout(timer);
  }
}
