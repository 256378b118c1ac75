/** Dates as EXIF, IPTC and XMP write them. */
import type { TakenAt } from './file-metadata.js';

/** `2020:01:02 03:04:05`, `2020-01-02T03:04:05.12+02:00`, `20200102`, `2020-01`. */
const DATE =
  /^(\d{4})(?:[:-]?(\d{2})(?:[:-]?(\d{2})(?:[T ]+(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/u;

/**
 * @param offset where the date itself has none, such as `+02:00`
 * @returns undefined for what is no date, as cameras without a clock write it: `0000:00:00 00:00:00`
 */
export function parseDate(text: string | undefined, offset?: string): TakenAt | undefined {
  const match = DATE.exec(text?.replaceAll('\0', '').trim() ?? '');
  if (!match) return undefined;
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '0', own] = match;
  const local = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  if (Number.isNaN(local.getTime()) || Number(year) < 1800 || Number(day) !== local.getUTCDate()) return undefined;
  const minutes = offsetMinutes(own ?? offset?.trim());
  return { instant: new Date(local.getTime() - (minutes ?? 0) * 60_000), offset: minutes };
}

function offsetMinutes(text: string | undefined): number | undefined {
  if (text === 'Z') return 0;
  const match = /^([+-])(\d{2}):?(\d{2})$/u.exec(text ?? '');
  if (!match) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return minutes > 16 * 60 ? undefined : match[1] === '-' ? -minutes : minutes;
}
