import { expect, test } from 'vitest';
import { parseDate } from '../../src/metadata/dates.js';

test.each([
  ['2020:01:02 03:04:05', undefined, '2020-01-02T03:04:05.000Z', undefined],
  ['2020:01:02 03:04:05.12', '+02:00', '2020-01-02T01:04:05.120Z', 120],
  ['2020-01-02T03:04:05-09:30', '+02:00', '2020-01-02T12:34:05.000Z', -570],
  ['2020-01-02T03:04Z', undefined, '2020-01-02T03:04:00.000Z', 0],
  ['20200102 030405+0100', undefined, '2020-01-02T02:04:05.000Z', 60],
  ['1969-07', undefined, '1969-07-01T00:00:00.000Z', undefined],
  ['2020:01:02 03:04:05\0', '   :  ', '2020-01-02T03:04:05.000Z', undefined],
])('%s with the offset %s', (text, offset, instant, minutes) => {
  expect(parseDate(text, offset)).toEqual({ instant: new Date(instant), offset: minutes });
});

test.each([
  '',
  '0000:00:00 00:00:00',
  '2021:02:30 10:00:00',
  '    :  :     :  :  ',
  'yesterday',
  '2020:13:01 00:00:00',
])('"%s" is no date', (text) => {
  expect(parseDate(text)).toBeUndefined();
});
