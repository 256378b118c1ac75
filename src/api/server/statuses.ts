/** The status that HTTP has for each code, wherever errors are not GraphQL's. */
import { ErrorCode } from '../../errors.js';

const STATUSES: Readonly<Record<ErrorCode | 'INTERNAL_SERVER_ERROR', number>> = {
  [ErrorCode.BadInput]: 400,
  [ErrorCode.Unauthenticated]: 401,
  [ErrorCode.Forbidden]: 403,
  [ErrorCode.NotFound]: 404,
  [ErrorCode.PhotoMissing]: 404,
  [ErrorCode.Conflict]: 409,
  [ErrorCode.ImageTooLarge]: 413,
  [ErrorCode.InvalidImage]: 422,
  [ErrorCode.InvalidDataset]: 422,
  [ErrorCode.UrlRefused]: 422,
  [ErrorCode.TrainingFailed]: 500,
  [ErrorCode.InvalidConfiguration]: 500,
  INTERNAL_SERVER_ERROR: 500,
  [ErrorCode.UrlUnreachable]: 502,
  [ErrorCode.NoModel]: 503,
  [ErrorCode.WeightsUnavailable]: 503,
  [ErrorCode.EncoderMismatch]: 503,
  [ErrorCode.InvalidCheckpoint]: 503,
  [ErrorCode.LibraryUnavailable]: 503,
  [ErrorCode.DatabaseLocked]: 503,
  [ErrorCode.DatabaseUnavailable]: 503,
  [ErrorCode.EngineUnavailable]: 503,
  [ErrorCode.DeviceUnavailable]: 503,
  [ErrorCode.ProcessFailed]: 503,
  [ErrorCode.StorageFailed]: 507,
};

/** @param code one that is unknown is a defect */
export function statusOf(code: string): number {
  return (STATUSES as Readonly<Record<string, number>>)[code] ?? 500;
}
