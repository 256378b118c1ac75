/** The limits that need an operation's variables, the hint where subscriptions are, and what an operation has cost. */
import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import type { ApiContext } from '../context.js';
import { CostReport } from './cost-report.js';
import { GRAPHQL_PATH } from './http.js';
import { checkCost, costOf, noSuchOperation, refused } from './limits.js';
import { takeCost } from './rate-limits.js';
import { setPriority } from './requesters.js';

export const limitOperations: ApolloServerPlugin<ApiContext> = {
  requestDidStart: () => {
    let report: CostReport | undefined;
    return Promise.resolve({
      didResolveOperation: async ({ schema, document, request, operation, contextValue }) => {
        if (!operation) throw noSuchOperation(request.operationName);
        if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
          throw refused(
            'OPERATION_RESOLUTION_FAILURE',
            `Subscriptions are served over WebSocket (graphql-transport-ws), at the same path ${GRAPHQL_PATH}.`,
          );
        }
        const { variables, operationName } = request;
        const cost = costOf(schema, { document, variables, operationName });
        report = new CostReport(cost);
        checkCost(cost);
        report.allowance = await takeCost(contextValue, cost);
        setPriority(operation.operation, cost);
      },
      willSendResponse: ({ response: { body } }) => {
        if (report && body.kind === 'single') {
          body.singleResult.extensions = { ...body.singleResult.extensions, cost: report.toJSON() };
        }
        return Promise.resolve();
      },
    });
  },
};
