/** One program, two homes: what it does is the same whether its kernel is a library or a sidecar. Only `open` differs. */
import type { Kernel } from '@portcullis/wire';

export interface Story {
  readonly read: string;
  readonly refused: string;
  readonly remedy: boolean;
  readonly ran: readonly string[];
  readonly permit: readonly string[];
  readonly explained: string;
  readonly closed: string;
}

/** Reads a file, is refused another, redeems a permit twice, asks why, and leaves. */
export async function tellStory(open: () => Promise<Kernel>): Promise<Story> {
  const kernel = await open();
  try {
    const session = await kernel.openSession({ label: 'a story' });
    const read = await kernel.submit({
      action: 'fs.read',
      resource: 'hello.txt',
      session: session.id,
    });
    const refused = await kernel.submit({ action: 'fs.read', resource: '/etc/shadow' });
    const batch = await kernel.decideBatch([
      { action: 'issue_refund', params: { amount: 10 } },
      { action: 'issue_refund', params: { amount: 10_000 } },
    ]);
    const permit = batch[0]?.permit ?? '';
    const first = await kernel.redeemPermit({ permit });
    const second = await kernel.redeemPermit({ permit });
    const report = await kernel.report({ permit, status: 'ok', result: { refunded: 10 } });
    const why = await kernel.explain(refused.decision.id);
    const closed = await kernel.closeSession(session.id);
    return {
      read: `${read.decision.effect} ${read.outcome.status} ${String(read.frame?.data)}`,
      refused: `${refused.decision.effect} ${refused.decision.code}`,
      remedy: refused.decision.remedy !== undefined,
      ran: [...batch.map(({ decision }) => decision.code), report.outcome.status],
      permit: [first.code, second.code],
      explained: `${why.effect} ${why.code}`,
      closed: closed.status,
    };
  } finally {
    await kernel.close();
  }
}
