/** What is left of budgets. */
import { z } from 'zod';
import { json } from '../http/answer.ts';
import { type Route, route } from '../route.ts';
import { budgetView } from '../schema/budget.ts';

export const budgetRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/budgets',
    summary: "What is left of budgets: the key's own; for an auditor everybody's.",
    access: ['explain'],
    answer: z.strictObject({ budgets: z.array(budgetView) }),
    handle: async ({ kernel }) => json({ budgets: await kernel.budgets() }),
  }),
];
