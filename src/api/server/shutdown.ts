/**
 * The end of a server: requests that came before it are answered, those that come after are refused, and what is not
 * done in time is refused too, by an answer that says when to come again.
 */
import type { Server } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { sendError } from './errors.js';

/** Of the ten seconds that a server has to end in. */
export const GRACE_MILLISECONDS = 8000;

/** By then another has most likely taken its place. */
const RETRY_SECONDS = 10;

export class Shutdown {
  private readonly open = new Set<Response>();
  private closing = false;

  constructor(private readonly http: Pick<Server, 'closeIdleConnections'>) {}

  /** To be asked before everything else but the process's health. */
  readonly watch: RequestHandler = (_request, response, next) => {
    if (this.closing) {
      refuse(response);
      return;
    }
    this.open.add(response);
    response.once('close', () => this.open.delete(response));
    next();
  };

  /** Refuses new requests, and waits for those that are open for `grace` milliseconds before it refuses them too. */
  async drain(grace = GRACE_MILLISECONDS): Promise<void> {
    this.closing = true;
    this.http.closeIdleConnections();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, grace)));
    await Promise.race([this.allAnswered(), late]);
    clearTimeout(timer);
    for (const response of this.open) if (!response.headersSent) refuse(response);
  }

  private async allAnswered(): Promise<void> {
    await Promise.all([...this.open].map((response) => new Promise((resolve) => response.once('close', resolve))));
  }
}

function refuse(response: Response): void {
  response.set({ 'Retry-After': String(RETRY_SECONDS), Connection: 'close' });
  sendError(response, 503, 'SHUTTING_DOWN', `The server is shutting down. Ask again in ${RETRY_SECONDS} s.`);
}
