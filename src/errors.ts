/**
 * Every way Ekphrasis refuses or fails, by a code that clients may rely on. A code never changes its meaning
 * (test/errors.test.ts keeps the list).
 */
export const ErrorCode = {
  InvalidImage: 'INVALID_IMAGE',
  ImageTooLarge: 'IMAGE_TOO_LARGE',
  BadInput: 'BAD_USER_INPUT',
  NotFound: 'NOT_FOUND',
  WeightsUnavailable: 'WEIGHTS_UNAVAILABLE',
  EncoderMismatch: 'ENCODER_MISMATCH',
  InvalidCheckpoint: 'INVALID_CHECKPOINT',
  NoModel: 'NO_MODEL',
  InvalidDataset: 'INVALID_DATASET',
  LibraryUnavailable: 'LIBRARY_UNAVAILABLE',
  PhotoMissing: 'PHOTO_MISSING',
  DatabaseLocked: 'DATABASE_LOCKED',
  DatabaseUnavailable: 'DATABASE_UNAVAILABLE',
  StorageFailed: 'STORAGE_FAILED',
  Conflict: 'CONFLICT',
  TrainingFailed: 'TRAINING_FAILED',
  EngineUnavailable: 'ENGINE_UNAVAILABLE',
  DeviceUnavailable: 'DEVICE_UNAVAILABLE',
  ProcessFailed: 'PROCESS_FAILED',
  Unauthenticated: 'UNAUTHENTICATED',
  Forbidden: 'FORBIDDEN',
  UrlRefused: 'URL_REFUSED',
  UrlUnreachable: 'URL_UNREACHABLE',
  InvalidConfiguration: 'INVALID_CONFIGURATION',
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** What each code means, for whoever reads of it in the API's schema. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  INVALID_IMAGE:
    'The bytes are no picture that can be read: not an image, truncated, empty, or of a format that is not supported (SVG, BMP, JPEG XL).',
  IMAGE_TOO_LARGE: 'More pixels or bytes than the configured limits allow.',
  BAD_USER_INPUT: 'An argument is empty, too long or out of range; the message says which and how.',
  NOT_FOUND: 'No record has this id.',
  WEIGHTS_UNAVAILABLE: "None of the sources of VGG16's weights answered with the right bytes.",
  ENCODER_MISMATCH: 'A feature or model belongs to another encoder than the one that runs.',
  INVALID_CHECKPOINT: 'A checkpoint cannot be read: damaged, cut short, or of an unknown format.',
  NO_MODEL: 'There is no model to caption or to evaluate with.',
  INVALID_DATASET: 'A data set folder is missing, empty or of no known layout.',
  LIBRARY_UNAVAILABLE: 'The folder of a library is not there, cannot be read, or has lost all of its photos at once.',
  PHOTO_MISSING:
    'A photo of a library whose file is not where it was, or is another one now. What is known of it is kept.',
  DATABASE_LOCKED: 'The embedded database is in use by another process.',
  DATABASE_UNAVAILABLE: 'The database does not answer or was written by a newer program.',
  STORAGE_FAILED: 'The disk is full or the folder cannot be written.',
  CONFLICT: 'The operation does not fit the state, such as cancelling a job that has ended.',
  TRAINING_FAILED: 'The training stopped by itself: a loss that is no number, or its process ended.',
  ENGINE_UNAVAILABLE: 'The library of the chosen training engine is not installed or cannot be loaded.',
  DEVICE_UNAVAILABLE: 'The chosen training engine cannot compute on the chosen device here.',
  PROCESS_FAILED: 'A process that sees, writes or trains ended unexpectedly.',
  UNAUTHENTICATED: 'The server asks for a key, and there is none, or one that is unknown, expired or revoked.',
  FORBIDDEN: "The client's key does not allow the operation; the message names the scope that is missing.",
  URL_REFUSED:
    'An address that this server goes to for nobody: of another scheme or port, with a password, of a private network.',
  URL_UNREACHABLE: 'An address that does not answer: unknown, silent, broken off, or leading on and on.',
  INVALID_CONFIGURATION: 'A configuration variable has a value that cannot be used.',
};

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
