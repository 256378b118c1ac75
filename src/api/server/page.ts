/** The page for people: the files that `npm run build` made of web/, under headers that let it load nothing else. */
import { join } from 'node:path';
import express, { type Express, type RequestHandler, type Response } from 'express';
import { PROGRAM_FOLDER } from '../../program-folder.js';

const FILES = join(PROGRAM_FOLDER, 'dist', 'web');

/** Views of the page; each address can be opened and linked to. */
const VIEWS = ['/', '/photos{/:id}', '/training{/:id}', '/report', '/datasets'];

/** Photos that are being uploaded are shown as blobs. Everything else comes from this server, and nothing is inline. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'self'",
    "img-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
} as const;

const YEAR_SECONDS = 31_536_000;

/**
 * Serves the page to whoever asks for HTML; others, such as curl, go on to what is served next.
 */
export function servePage(app: Express): void {
  app.get(VIEWS, (request, response, next) => {
    response.vary('Accept');
    if (prefersHtml(request)) sendPage(response, next);
    else next();
  });
  const setHeaders = (response: Response, path: string) => {
    response.set(PAGE_HEADERS);
    // Files in assets/ carry a hash of their content in their names.
    const lasting = path.startsWith(join(FILES, 'assets'));
    response.set('Cache-Control', lasting ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
  };
  app.use(express.static(FILES, { index: false, setHeaders }));
}

function prefersHtml(request: Parameters<RequestHandler>[0]): boolean {
  return request.accepts(['text/plain', 'text/html']) === 'text/html';
}

function sendPage(response: Response, next: (error?: unknown) => void): void {
  response.set(PAGE_HEADERS).set('Cache-Control', 'no-cache');
  response.sendFile('index.html', { root: FILES, cacheControl: false }, (error?: unknown) => {
    // A program that was started from its sources without a build has no page; what is served next says what there is.
    if (error !== undefined && !response.headersSent) next();
  });
}
