import { expect, test } from 'vitest';
import { isKnownHost, isOwnOrigin } from '../../src/api/server/hosts.js';

const local = { host: '127.0.0.1', allowedHosts: ['photos.example'] };

test.each([
  'localhost:4000',
  '127.0.0.1:4000',
  '[::1]:4000',
  'LOCALHOST',
  'ekphrasis.localhost',
  'photos.example',
  'Photos.Example:80',
])('a server on this machine answers to %s', (host) => {
  expect(isKnownHost(host, local)).toBe(true);
});

test.each([
  'evil.example:4000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example#localhost',
  '',
  undefined,
])('a server on this machine does not answer to %s, which may be a name of a foreign page', (host) => {
  expect(isKnownHost(host, local)).toBe(false);
});

test('a server that is open to the network answers to every name', () => {
  expect(isKnownHost('anything.example', { host: '0.0.0.0', allowedHosts: [] })).toBe(true);
});

test('pages of this server and programs are let in, other pages are not', () => {
  expect(isOwnOrigin(undefined, 'localhost:4000')).toBe(true);
  expect(isOwnOrigin('http://localhost:4000', 'localhost:4000')).toBe(true);
  expect(isOwnOrigin('https://photos.example', 'photos.example')).toBe(true);
  expect(isOwnOrigin('http://evil.example', 'localhost:4000')).toBe(false);
  expect(isOwnOrigin('http://localhost:5000', 'localhost:4000')).toBe(false);
  expect(isOwnOrigin('null', 'localhost:4000')).toBe(false);
});

test.each([
  ['https://photos.example', 'photos.example:443'],
  ['http://photos.example', 'photos.example:80'],
  ['https://xn--bcher-kva.example', 'b\u00fccher.example'],
  ['https://PHOTOS.example', 'Photos.Example.'],
  ['http://[::1]:4000', '[::1]:4000'],
])('a page of %s is one of the server %s', (origin, host) => {
  expect(isOwnOrigin(origin, host)).toBe(true);
});

test.each([
  ['https://photos.example', 'photos.example:80'],
  ['http://photos.example', 'photos.example:443'],
  ['https://evil.example', 'evil.example@photos.example'],
  ['https://photos.example.evil', 'photos.example'],
  ['file://photos.example', 'photos.example'],
  ['https://', ''],
])('a page of %s is none of the server %s', (origin, host) => {
  expect(isOwnOrigin(origin, host)).toBe(false);
});
