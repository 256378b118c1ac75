/** Languages by their BCP 47 tags, such as `en`, `de-CH` or `zh-Hant`. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';

export const DEFAULT_LANGUAGE = 'en';

/** A tag in its usual writing: `DE-ch` is `de-CH`. */
export const languageSchema = z.string().transform((tag, context) => {
  try {
    const [language] = Intl.getCanonicalLocales(tag);
    if (language !== undefined) return language;
  } catch {
    // Told below.
  }
  context.addIssue({ code: 'custom', message: `"${tag}" is no language tag such as en, de or zh-Hant` });
  return z.NEVER;
});

/** The tag in its usual writing. @throws EkphrasisError BAD_USER_INPUT for what is none */
export function checkLanguage(tag: string): string {
  const parsed = languageSchema.safeParse(tag);
  if (parsed.success) return parsed.data;
  throw new EkphrasisError(ErrorCode.BadInput, `${parsed.error.issues[0]?.message ?? 'It is no language tag'}.`);
}

/** Words that tell left from right, by language; as the tokeniser folds them. */
const SIDES: Readonly<Record<string, RegExp>> = {
  en: /^(left|right)$/u,
  de: /^(link|recht)(s|e|er|es|em|en)/u,
  nl: /^(link|recht)(s|e|er)/u,
  fr: /^(gauche|droite?)/u,
  es: /^(izquierd|derech)/u,
  it: /^(sinistr|destr)/u,
  pt: /^(esquerd|direit)/u,
  sv: /^(vanst|hoger|hogra)/u,
  da: /^(venst|hojre)/u,
  nb: /^(venst|hoyre)/u,
  no: /^(venst|hoyre)/u,
  nn: /^(venst|hogre)/u,
  pl: /^(lew|praw)/u,
  ru: /^(на|в)?(лев|прав)|^(слева|справа)/u,
  uk: /^(лів|прав|злів|справ)/u,
  zh: /[左右]/u,
  ja: /[左右]/u,
  ko: /^(왼|오른|좌|우측)/u,
  ar: /(يسار|يمين|ايسر|ايمن|يسرى|يمنى)/u,
};

/** What tells left from right in a language; undefined where that is not known. */
export function sidesIn(language: string): RegExp | undefined {
  return SIDES[new Intl.Locale(language).language];
}

/**
 * Whether a sentence in one language serves who asks for another: `en-US` for `en`, and the other way round.
 *
 * @param language of the sentence
 */
export function fitsLanguage(language: string, wanted: string): boolean {
  const [own, asked] = [language.toLowerCase(), wanted.toLowerCase()];
  return own === asked || own.startsWith(`${asked}-`) || asked.startsWith(`${own}-`);
}

/**
 * A tag and those that are less and less exact, as RFC 4647 looks them up: `zh-Hant-TW`, `zh-Hant`, `zh`.
 */
export function lookupOf(language: string): string[] {
  const parts = language.split('-');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-')).filter((tag) => !/-\w$/.test(tag));
}
