/** What every client is allowed in a minute, by its name, in this server; several servers do not count together. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RequestError } from './errors.js';

const SECONDS = 60;

export type Allowance = 'requests' | 'uploads' | 'cost';

const IN_WORDS: Readonly<Record<Allowance, string>> = {
  requests: 'no more requests are',
  uploads: 'no more requests with photos are',
  cost: 'no more work is',
};

/** What a client may still have until its minute is over. */
export interface AllowanceLeft {
  readonly limit: number;
  readonly left: number;
  /** Until all of it is there again. */
  readonly seconds: number;
}

export class Allowances {
  private readonly limiters: ReadonlyMap<Allowance, RateLimiterMemory>;

  /** @param perMinute 0 for any number */
  constructor(perMinute: Readonly<Record<Allowance, number>>) {
    this.limiters = new Map(
      (Object.entries(perMinute) as [Allowance, number][])
        .filter(([, points]) => points > 0)
        .map(([allowance, points]) => [allowance, new RateLimiterMemory({ points, duration: SECONDS })]),
    );
  }

  /**
   * Takes of what a client may have. What is refused counts too, until the minute that its first request began is over.
   *
   * @returns what is left; undefined where any number is served
   * @throws RequestError TOO_MANY_REQUESTS, which says when to come again
   */
  async take(client: string, allowance: Allowance, points = 1): Promise<AllowanceLeft | undefined> {
    const limiter = this.limiters.get(allowance);
    if (!limiter) return undefined;
    try {
      const { remainingPoints, msBeforeNext } = await limiter.consume(client, points);
      return { limit: limiter.points, left: remainingPoints, seconds: Math.ceil(msBeforeNext / 1000) };
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw tooMany(IN_WORDS[allowance], Math.ceil(error.msBeforeNext / 1000));
    }
  }
}

function tooMany(refusal: string, seconds: number): RequestError {
  const message = `You have asked for too much: ${refusal} taken for ${seconds} s.`;
  return new RequestError(429, 'TOO_MANY_REQUESTS', message, { 'Retry-After': String(seconds) });
}
