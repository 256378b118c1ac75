/**
 * When a model that was made takes the place of one in use: never by itself, when it is measured to be better, or
 * always.
 */
export const USES = ['NEVER', 'BETTER', 'ALWAYS'] as const;
export type Use = (typeof USES)[number];
