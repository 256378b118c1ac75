/** Errors as RFC 9457 has them: application/problem+json, with the codes that GraphQL's errors have. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { FailureForm } from '../server/errors.js';

export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The status in words.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong, and what to do.' }),
    code: z.string().meta({ description: 'The same as in errors of the GraphQL API.', example: 'INVALID_IMAGE' }),
    requestId: z.string().optional().meta({ description: 'Of a failure of the server: the log has it by this id.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export const PROBLEM_TYPE = 'application/problem+json';

export const asProblem: FailureForm = (response, { status, code, message, requestId }) => {
  const problem: z.infer<typeof problemSchema> = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    code,
    ...(requestId !== undefined && { requestId }),
  };
  response.status(status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
};
