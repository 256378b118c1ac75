import type { Response } from 'express';

/** A refusal outside of operations, in the form of one inside. */
export function sendError(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}
