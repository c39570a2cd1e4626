/** Of what all share nobody has the last eighth: what one fills, others still have. */
export const mostForOne = (all: number): number => all - Math.floor(all / 8);

/** Nor has any tenant the last sixteenth, however many principals it has. */
export const mostForTenant = (all: number): number => all - Math.floor(all / 16);
