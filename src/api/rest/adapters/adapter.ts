/**
 * The port of adapters: clients of other programs that are pointed at this server. Each is a file that says which
 * requests its clients send and how they are answered; `all.ts` lists them.
 */
import type { Caption } from '../../../captioner/captioner.js';
import type { Scope } from '../../../access/scopes.js';
import type { FailureForm } from '../../server/errors.js';

export interface Adapter {
  /** How its clients are told of failures. */
  readonly tellFailure: FailureForm;
  readonly endpoints: readonly Endpoint[];
}

interface AnyEndpoint {
  /** As express has it. */
  readonly path: string;
  /** As a refusal names it. */
  readonly what: string;
}

/** Takes a photo and gives its caption; of neither anything is kept. */
export interface CaptionEndpoint extends AnyEndpoint {
  readonly kind: 'caption';
  /** @param body JSON @throws BAD_USER_INPUT, NOT_FOUND for an unknown model */
  read(body: unknown): CaptionCall;
}

/** Tells of the server. */
export interface LookEndpoint extends AnyEndpoint {
  readonly kind: 'look';
  readonly method: 'GET' | 'POST';
  /** @throws BAD_USER_INPUT, NOT_FOUND */
  answer(asked: Asked): object | Promise<object>;
}

export type Endpoint = CaptionEndpoint | LookEndpoint;

export interface Asked {
  /** What the models here write, the current one's first. @throws NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE */
  readonly languages: () => Promise<readonly string[]>;
  /** Of the path. */
  readonly params: Readonly<Record<string, string | string[]>>;
  /** JSON, of POST. */
  readonly body: unknown;
}

export interface CaptionCall {
  /** A data URL, the address of a photo, or base64. */
  readonly image: string;
  readonly language?: string | undefined;
  readonly reply: (written: Written) => Reply;
}

/** What came of it. */
export interface Written {
  /** The best first. */
  readonly candidates: readonly [Caption, ...Caption[]];
  /** The model's name. */
  readonly model: string;
  readonly language: string;
  /** From the request to now. */
  readonly milliseconds: number;
}

/** An answer in one piece, or a line after another. */
export type Reply = { readonly json: object } | { readonly type: string; readonly lines: readonly string[] };

/** An endpoint needs the scope that its like has elsewhere. */
export const SCOPE_OF: Readonly<Record<Endpoint['kind'], Scope>> = { caption: 'caption', look: 'read' };

/** A text in pieces that make it up, as clients wait for pieces. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];
}

const FOLLOWS_NO_PROMPT =
  'This server captions photos and follows no prompt: the text is its caption, whatever was asked.';

/**
 * What an answer has beside what its client expects, where it looks for nothing.
 *
 * @param prompt what the client asked for in words
 */
export function remarks(prompt: string | undefined): { ekphrasis: { notices: string[] } } {
  return { ekphrasis: { notices: prompt === undefined || prompt.trim() === '' ? [] : [FOLLOWS_NO_PROMPT] } };
}
