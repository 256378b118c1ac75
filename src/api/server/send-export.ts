/** The whole collection as a file of `ekphrasis db export`, from a server that goes on serving. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestHandler } from 'express';
import type { Services } from '../services.js';
import { isOwnSite } from './authentication.js';
import { sendError } from './errors.js';

const LISTENERS_OF_A_PIPELINE = 5;

export function sendExport({ store, log }: Pick<Services, 'store' | 'log'>): RequestHandler {
  return async (request, response) => {
    // Pages of others cannot read the answer, but they could have it made again and again.
    if (!isOwnSite(request.headers)) {
      sendError(response, 403, 'FORBIDDEN', 'An export is not made for a page of another site.');
      return;
    }
    try {
      await store.readCollection(async (pieces) => {
        response.set({
          'Content-Type': 'application/x-ndjson; charset=utf-8',
          'Content-Disposition': 'attachment; filename="collection.ekphrasis"',
          // Photos are compressed already, and another minute of a processor is the server's.
          'Cache-Control': 'no-store, no-transform',
        });
        // It hears of the end in several ways, beside those who log and measure.
        response.setMaxListeners(response.getMaxListeners() + LISTENERS_OF_A_PIPELINE);
        await pipeline(Readable.from(pieces), response);
      });
    } catch (error) {
      if (!response.headersSent && !response.destroyed) throw error;
      // The last line is missing, by which whoever reads it sees that it was cut short.
      response.destroy();
      log.warn({ err: error }, 'an export was broken off');
    }
  };
}
