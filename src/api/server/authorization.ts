/** Operations over HTTP are refused before any of them runs, with the status that HTTP has for it. */
import type { ApolloServerPlugin } from '@apollo/server';
import { EkphrasisError } from '../../errors.js';
import type { ApiContext } from '../context.js';
import { checkScopes } from '../scopes.js';
import { httpRefusal } from './authentication.js';
import { withHttp } from './errors.js';

export const authorizeOperations: ApolloServerPlugin<ApiContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ schema, document, request, contextValue: { client } }) => {
        try {
          checkScopes(schema, document, request.operationName, client);
        } catch (error) {
          const refusal = error instanceof EkphrasisError ? httpRefusal(error.code) : undefined;
          throw error instanceof EkphrasisError && refusal ? withHttp(error, refusal) : error;
        }
        return Promise.resolve();
      },
    }),
};
