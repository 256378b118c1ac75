/**
 * The one way to an address that a client named. Only public addresses are connected to, unless the operator lets others
 * through; the address that was checked is the one that is connected to, after each redirect as well. Nothing of the
 * server goes along: no cookies, no keys, no proxy of the environment.
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import pLimit from 'p-limit';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { systemCode } from '../files/storage-failure.js';
import { PROGRAM_VERSION } from '../version.js';
import { type Destination, destinationOf, lookUps, type LookUps, refused, unreachable } from './destination.js';
import type { FetchRules } from './reachable.js';

export interface GuardedFetchOptions {
  readonly rules: FetchRules;
  /** Requests at a time; others wait, and their time goes by. */
  readonly concurrency: number;
  /** Default: by the system's name servers. */
  readonly lookUps?: LookUps;
}

export interface FetchLimits {
  /** Bytes of the answer, as it comes and as it is unpacked. */
  readonly maximumBytes: number;
  /** From the call to the last byte, all redirects and all waiting among it. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
}

export interface Fetched {
  /** The last one, after redirects. */
  readonly url: URL;
  readonly status: number;
  /** As the answer says it, in lower case; empty where it does not. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const MAXIMUM_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Of those who pack what they send though nobody asked for it. */
const UNPACKERS: ReadonlyMap<string, () => NodeJS.ReadWriteStream> = new Map<string, () => NodeJS.ReadWriteStream>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', () => createInflate()],
  ['br', () => createBrotliDecompress()],
]);

export class GuardedFetch {
  private readonly limit;
  private readonly lookUps;

  constructor(private readonly options: GuardedFetchOptions) {
    this.limit = pLimit(options.concurrency);
    this.lookUps = options.lookUps ?? lookUps();
  }

  /**
   * What is at an address, whatever its status; redirects are followed.
   *
   * @param accept media types that are asked for; others may come
   * @throws URL_REFUSED; URL_UNREACHABLE, also when it takes too long; IMAGE_TOO_LARGE; the signal's reason
   */
  get(url: string, accept: string, limits: FetchLimits): Promise<Fetched> {
    return this.limited(limits, async (signal) => {
      let next = url;
      for (let redirects = 0; ; redirects += 1) {
        const destination = await destinationOf(next, this.options.rules, this.lookUps, signal);
        const response = await ask(destination, { method: 'GET', headers: { accept } }, signal);
        const { location } = response.headers;
        if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined)
          return answerOf(destination.url, response, await wholeOf(destination.url, response, limits.maximumBytes));
        response.destroy();
        if (redirects === MAXIMUM_REDIRECTS)
          throw unreachable(destination.url, `it leads on more than ${MAXIMUM_REDIRECTS} times`);
        if (!URL.canParse(location, destination.url.href))
          throw refused(`${destination.url.host} leads on to no address.`);
        next = new URL(location, destination.url).href;
      }
    });
  }

  /**
   * Sends a text; a redirect is an answer like others. The answer is read up to `maximumBytes` and not further.
   *
   * @throws URL_REFUSED; URL_UNREACHABLE, also when it takes too long; the signal's reason
   */
  post(url: string, headers: Readonly<Record<string, string>>, body: string, limits: FetchLimits): Promise<Fetched> {
    return this.limited(limits, async (signal) => {
      const destination = await destinationOf(url, this.options.rules, this.lookUps, signal);
      const response = await ask(destination, { method: 'POST', headers, body }, signal);
      return answerOf(destination.url, response, await beginningOf(destination.url, response, limits.maximumBytes));
    });
  }

  /** Whether anything may be sent there now. @throws URL_REFUSED; what nobody answers at may answer later */
  async check(url: string, milliseconds: number): Promise<void> {
    const { rules } = this.options;
    await this.limited({ milliseconds }, (signal) => destinationOf(url, rules, this.lookUps, signal)).catch(
      (error: unknown) => {
        if (!(error instanceof EkphrasisError) || error.code !== ErrorCode.UrlUnreachable) throw error;
      },
    );
  }

  private async limited<T>(
    { milliseconds, signal: ending }: Pick<FetchLimits, 'milliseconds' | 'signal'>,
    action: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(milliseconds);
    const signal = ending ? AbortSignal.any([timeout, ending]) : timeout;
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(asError(signal.reason));
      });
    });
    try {
      const done = this.limit(() => {
        signal.throwIfAborted();
        return action(signal);
      });
      return await Promise.race([done, ended]);
    } catch (error) {
      ending?.throwIfAborted();
      if (!timeout.aborted) throw error;
      const message = `The address has not answered within ${milliseconds / 1000} s.`;
      throw new EkphrasisError(ErrorCode.UrlUnreachable, message, { cause: error });
    }
  }
}

/** The beginning of the answer of one of the addresses that were checked, by a connection of its own. */
function ask({ url, addresses }: Destination, { method, headers, body }: Asked, signal: AbortSignal) {
  const encrypted = url.protocol === 'https:';
  const options: RequestOptions = {
    method,
    headers: {
      'user-agent': `ekphrasis/${PROGRAM_VERSION}`,
      'accept-encoding': 'identity',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    agent: encrypted ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
    lookup: only(addresses),
    signal,
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = (encrypted ? httpsRequest : httpRequest)(url, options);
    const fail = (error?: unknown) => {
      reject(signal.aborted ? asError(signal.reason) : unreachable(url, reasonOf(error), error));
    };
    request.on('response', resolve).on('error', fail);
    // As when it wants to speak another protocol.
    request.on('close', () => {
      fail();
    });
    request.end(body);
  });
}

/** Gives what was looked up before, whatever is asked. */
function only(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all: wantsAll }, callback) => {
    const [first] = all;
    if (wantsAll === true || !first) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

function answerOf(url: URL, { statusCode, headers }: IncomingMessage, bytes: Buffer): Fetched {
  return { url, status: statusCode ?? 0, contentType: (headers['content-type'] ?? '').toLowerCase(), bytes };
}

async function wholeOf(url: URL, response: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) > maximumBytes) {
    response.destroy();
    throw tooLarge(url, maximumBytes);
  }
  const pieces = [];
  for await (const piece of upTo(maximumBytes, url)(read(url, response, maximumBytes))) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function beginningOf(url: URL, response: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const pieces = [];
  let size = 0;
  for await (const piece of read(url, response, Infinity)) {
    pieces.push(piece);
    size += piece.byteLength;
    if (size >= maximumBytes) break;
  }
  return Buffer.concat(pieces).subarray(0, maximumBytes);
}

/** The answer's bytes, unpacked. Whoever stops reading ends the connection. */
async function* read(url: URL, response: IncomingMessage, maximumBytes: number): AsyncGenerator<Buffer, undefined> {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const unpacker = UNPACKERS.get(encoding);
  try {
    if (!unpacker && encoding !== 'identity')
      throw unreachable(url, `it packs its answer as ${JSON.stringify(encoding.slice(0, 40))}, which nobody asked for`);
    // What is packed is counted before, too: it can go on for ever and be nothing.
    const unpacked = unpacker
      ? pipeline(response, upTo(maximumBytes, url), unpacker(), () => undefined)
      : (response as NodeJS.ReadableStream);
    for await (const piece of unpacked) yield Buffer.from(piece);
  } catch (error) {
    throw error instanceof EkphrasisError ? error : unreachable(url, reasonOf(error), error);
  } finally {
    response.destroy();
  }
  return undefined;
}

/** Lets so many bytes through. @throws IMAGE_TOO_LARGE when there are more */
function upTo(maximumBytes: number, url: URL) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
    let size = 0;
    for await (const piece of source) {
      size += piece.byteLength;
      if (size > maximumBytes) throw tooLarge(url, maximumBytes);
      yield piece;
    }
    return undefined;
  };
}

function tooLarge({ host }: URL, maximumBytes: number): EkphrasisError {
  return new EkphrasisError(ErrorCode.ImageTooLarge, `What ${host} sends has more than ${maximumBytes} bytes.`);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'it refuses the connection'],
  ['ECONNRESET', 'it broke the connection off'],
  ['EHOSTUNREACH', 'no way leads there'],
  ['ENETUNREACH', 'no way leads there'],
  ['ETIMEDOUT', 'it takes no connection'],
]);

function reasonOf(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined) return 'it broke the connection off';
  return REASONS.get(code) ?? code;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
