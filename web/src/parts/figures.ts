/** Figures as people read them. */

const whole = new Intl.NumberFormat('en');

export const count = (value: number): string => whole.format(value);

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** BLEU and its like as papers print them: of a hundred, one decimal. */
export const ofHundred = (share: number): string => (share * 100).toFixed(1);

/** "1 photo", "12 photos" */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

const enumeration = new Intl.ListFormat('en');

/** Such as "2 captions, 1 rating, and 1 evaluation" */
export const series = (parts: readonly string[]): string => enumeration.format(parts);

/** Such as "1 h 5 min", "3 min" or "12 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const dayAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** @param time as the API gives it */
export const when = (time: string): string => dayAndTime.format(new Date(time));
