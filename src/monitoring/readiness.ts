/** Whether a process can do its work now: what it needs is asked again and again, and each says why it cannot. */
import type { Logger } from 'pino';
import { EkphrasisError } from '../errors.js';

export interface Check {
  /** In one word, such as `database`. */
  readonly name: string;
  /** What is told to everybody where it fails: a sentence without names, addresses and paths. */
  readonly reason: string;
  /** Rejects where it fails. */
  readonly run: () => Promise<unknown>;
}

export type CheckResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One of the error codes, or TIMEOUT, or SHUTTING_DOWN. */
      readonly code: string;
      readonly reason: string;
    };

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** A check that takes longer fails. */
const PATIENCE_MILLISECONDS = 2000;
/** Whoever asks again within this time gets the same answer: anybody may ask, as often as it likes. */
const FRESH_MILLISECONDS = 1000;

/** Of a process that ends, whatever it needs still works. */
export const CLOSING: ReadinessReport = {
  ready: false,
  checks: { closing: { ok: false, code: 'SHUTTING_DOWN', reason: 'The process is closing.' } },
};

export class Readiness {
  private latest: { readonly report: Promise<ReadinessReport>; readonly at: number } | undefined;
  private failing = '';

  constructor(
    private readonly checks: readonly Check[],
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Never rejects. */
  async report(): Promise<ReadinessReport> {
    const now = performance.now();
    if (!this.latest || now - this.latest.at > FRESH_MILLISECONDS) this.latest = { report: this.ask(), at: now };
    return this.latest.report;
  }

  private async ask(): Promise<ReadinessReport> {
    const failures: Record<string, unknown> = {};
    const results = await Promise.all(
      this.checks.map(async ({ name, reason, run }): Promise<readonly [string, CheckResult]> => {
        try {
          await within(PATIENCE_MILLISECONDS, run());
          return [name, { ok: true }];
        } catch (error) {
          failures[name] = error instanceof Error ? error.message : String(error);
          return [name, { ok: false, code: codeOf(error), reason }];
        }
      }),
    );
    this.tell(failures);
    return { ready: Object.keys(failures).length === 0, checks: Object.fromEntries(results) };
  }

  /** The log has what only the operator may know, once for every change. */
  private tell(failures: Readonly<Record<string, unknown>>): void {
    const failing = Object.keys(failures).join(', ');
    if (failing === this.failing) return;
    this.failing = failing;
    if (failing === '') this.log.info('ready again');
    else this.log.warn({ failures }, `not ready: ${failing}`);
  }
}

class Timeout extends Error {}

/** @throws Timeout when the answer takes longer */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Timeout(`no answer within ${milliseconds} ms`));
    }, milliseconds);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof EkphrasisError) return error.code;
  return error instanceof Timeout ? 'TIMEOUT' : 'INTERNAL_SERVER_ERROR';
}
