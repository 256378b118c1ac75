/** The queue of webhooks: an entry says that something is to be sent to one, and whoever has it sends all that is due. */
import type { QueuePolicy } from '../queue/policy.js';

export const WEBHOOK_QUEUE = 'webhook';

/** What is sent when, and how often, is told by the rows of messages: nothing would be found among dead letters. */
export const WEBHOOK_POLICY: QueuePolicy = { retries: 3, retriesOfLost: 3, oncePerJob: true, deadLetters: false };
