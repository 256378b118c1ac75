/** Whose work it is that a request causes, and how soon it is done. */
import type { RequestHandler } from 'express';
import { OperationTypeNode } from 'graphql';
import { nameOf } from '../../access/client.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { currentRequester, requestedBy } from '../../inference/requester.js';
import { clientOf } from './authentication.js';

/** What costs more than one photo's candidates, or than the caption of one that is sent, waits behind those. */
const MOST_FOR_ONE_PHOTO = { [OperationTypeNode.QUERY]: 10_000, [OperationTypeNode.MUTATION]: 20_000 };

/** Does what follows in the name of the client. */
export const inTheNameOfClients: RequestHandler = (request, response, next) => {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new EkphrasisError(ErrorCode.ProcessFailed, 'The client went away.'));
  });
  requestedBy({ client: nameOf(clientOf(request)), priority: 'interactive', signal: gone.signal }, next);
};

/** Says it of the operation that is about to be executed. */
export function setPriority(operation: OperationTypeNode, cost: number): void {
  if (operation === OperationTypeNode.SUBSCRIPTION) return;
  const requester = currentRequester();
  requester.priority = cost > MOST_FOR_ONE_PHOTO[operation] ? 'bulk' : 'interactive';
  // What changes something is done to its end, whoever waits for it.
  if (operation === OperationTypeNode.MUTATION) requester.signal = undefined;
}
