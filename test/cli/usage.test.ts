import { expect, test } from 'vitest';
import { run } from './command-line.js';

test.each([
  [['frobnicate'], "unknown command 'frobnicate'"],
  [['caption', '--nope', 'a.jpg'], "unknown option '--nope'"],
  [['caption'], "missing required argument 'photo'"],
  [['train', '--epochs', '0'], 'whole number from 1 to 500'],
  [['train', '--learning-rate', '-1'], 'a number above 0'],
  [['evaluate', '--split', 'all'], 'Allowed choices are train, dev, test'],
  [['search', 'dog', '--limit', 'many'], 'whole number from 1 to 100'],
])('%j makes no sense: exit code 2, the reason and where help is on stderr, nothing on stdout', async (args, reason) => {
  const { exitCode, stdout, stderr } = await run({}, args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(reason);
  expect(stderr).toContain('ekphrasis --help');
});

test('--help names every command and every environment variable', async () => {
  const { exitCode, stdout, stderr } = await run({}, ['--help']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const command of ['serve', 'caption', 'import', 'train', 'evaluate', 'search']) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  const variables = [
    'EKPHRASIS_DATA', 'EKPHRASIS_CACHE', 'HOST', 'PORT', 'ALLOWED_HOSTS', 'DATABASE_URL', 'VGG16_WEIGHTS', 'VGG16_WEIGHTS_URL',
    'VGG16_PRECISION', 'MAX_UPLOAD_BYTES', 'MAX_PIXELS', 'LOG_LEVEL',
  ];
  for (const variable of variables) expect(stdout).toMatch(new RegExp(`^ {2}${variable} +\\S`, 'm'));
});

test('a variable that cannot be used is named before anything is opened', async () => {
  const { exitCode, stdout, stderr } = await run({ PORT: '99999', VGG16_PRECISION: 'fp8' }, ['search', 'dog']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^INVALID_CONFIGURATION: .*PORT must be at most 65535.*VGG16_PRECISION must be int8 or fp32.*\n$/);
});

test('settings of a training that will be refused are refused before its data set is imported', async () => {
  const { exitCode, stderr } = await run({ EKPHRASIS_DATA: '/dev/null/never-made' }, ['train', '--dataset', 'absent', '--learning-rate', '5']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^BAD_USER_INPUT: .*learningRate/);
});
