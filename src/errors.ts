/**
 * Every way Ekphrasis refuses or fails, by a code that clients may rely on. A code never changes its meaning
 * (test/errors.test.ts keeps the list).
 */
export const ErrorCode = {
  /**
   * The bytes are no picture that can be read: not an image, truncated, empty, or of a format that is not supported
   * (SVG, BMP, JPEG XL).
   */
  InvalidImage: 'INVALID_IMAGE',
  /** More pixels or bytes than the configured limits allow. */
  ImageTooLarge: 'IMAGE_TOO_LARGE',
  /** An argument is empty, too long or out of range; the message says which and how. */
  BadInput: 'BAD_USER_INPUT',
  /** No record has this id. */
  NotFound: 'NOT_FOUND',
  /** None of the sources of VGG16's weights answered with the right bytes. */
  WeightsUnavailable: 'WEIGHTS_UNAVAILABLE',
  /** A feature or model belongs to another encoder than the one that runs. */
  EncoderMismatch: 'ENCODER_MISMATCH',
  /** A checkpoint cannot be read: damaged, cut short, or of an unknown format. */
  InvalidCheckpoint: 'INVALID_CHECKPOINT',
  /** There is no model to caption or to evaluate with. */
  NoModel: 'NO_MODEL',
  /** A data set folder is missing, empty or of no known layout. */
  InvalidDataset: 'INVALID_DATASET',
  /** The folder of a library is not there, cannot be read, or has lost all of its photos at once. */
  LibraryUnavailable: 'LIBRARY_UNAVAILABLE',
  /** A photo of a library whose file is not where it was, or is another one now. What is known of it is kept. */
  PhotoMissing: 'PHOTO_MISSING',
  /** The embedded database is in use by another process. */
  DatabaseLocked: 'DATABASE_LOCKED',
  /** The database does not answer or was written by a newer program. */
  DatabaseUnavailable: 'DATABASE_UNAVAILABLE',
  /** The disk is full or the folder cannot be written. */
  StorageFailed: 'STORAGE_FAILED',
  /** The operation does not fit the state, such as cancelling a job that has ended. */
  Conflict: 'CONFLICT',
  /** The training stopped by itself: a loss that is no number, or its process ended. */
  TrainingFailed: 'TRAINING_FAILED',
  /** The library of the chosen training engine is not installed or cannot be loaded. */
  EngineUnavailable: 'ENGINE_UNAVAILABLE',
  /** The chosen training engine cannot compute on the chosen device here. */
  DeviceUnavailable: 'DEVICE_UNAVAILABLE',
  /** A process that sees, writes or trains ended unexpectedly. */
  ProcessFailed: 'PROCESS_FAILED',
  /** The server asks for a key, and there is none, or one that is unknown, expired or revoked. */
  Unauthenticated: 'UNAUTHENTICATED',
  /** The client's key does not allow the operation; the message names the scope that is missing. */
  Forbidden: 'FORBIDDEN',
  /** An address that this server goes to for nobody: of another scheme or port, with a password, of a private network. */
  UrlRefused: 'URL_REFUSED',
  /** An address that does not answer: unknown, silent, broken off, or leading on and on. */
  UrlUnreachable: 'URL_UNREACHABLE',
  /** A configuration variable has a value that cannot be used. */
  InvalidConfiguration: 'INVALID_CONFIGURATION',
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** An error whose message is written for the person who meets it. Everything else that is thrown is a defect. */
export class EkphrasisError extends Error {
  override readonly name = 'EkphrasisError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * What was looked for.
 *
 * @param what with its id, such as `image 0190…`
 * @throws EkphrasisError NOT_FOUND where it is not there
 */
export function found<T>(record: T | null | undefined, what: string): T {
  if (record === null || record === undefined) throw notFound(what);
  return record;
}

export function notFound(what: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.NotFound, `There is no ${what}.`);
}
