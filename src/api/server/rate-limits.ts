/** Requests, uploads and cost are counted for every client, and refused with status 429 where they are too many. */
import type { RequestHandler } from 'express';
import { nameOf } from '../../access/client.js';
import type { ApiContext } from '../context.js';
import type { AllowanceLeft, Allowances } from './allowances.js';
import { clientOf } from './authentication.js';
import { RequestError, withHttp } from './errors.js';
import { isUpload } from './receive-uploads.js';

/** By address, before anybody asks who it is: so that keys cannot be guessed either. */
export function limitRequests(allowances: Allowances): RequestHandler {
  return async (request, _response, next) => {
    await allowances.take(`address ${request.ip ?? ''}`, 'requests');
    next();
  };
}

/** By key or person, from however many addresses; others are counted by their address already. */
export function limitRequestsOfClients(allowances: Allowances): RequestHandler {
  return async (request, _response, next) => {
    const client = clientOf(request);
    if (client.kind === 'key' || client.kind === 'user') await allowances.take(nameOf(client), 'requests');
    next();
  };
}

/** Before they are received. */
export function limitUploads(allowances: Allowances): RequestHandler {
  return async (request, _response, next) => {
    if (isUpload(request)) await allowances.take(nameOf(clientOf(request)), 'uploads');
    next();
  };
}

/** @returns what is left, where it is counted @throws GraphQLError TOO_MANY_REQUESTS */
export function takeCost({ allowances, client }: ApiContext, cost: number): Promise<AllowanceLeft | undefined> {
  return allowances.take(nameOf(client), 'cost', cost).catch((error: unknown) => {
    throw error instanceof RequestError ? withHttp(error, error) : error;
  });
}
