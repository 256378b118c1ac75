/** What ends a sentence, with what closes after it. */
const ENDED = /[.!?…。！？।؟]["'”’»)\]]*$/u;

/** Whether a text ends as a sentence does. */
export function isEnded(text: string): boolean {
  return ENDED.test(text.trimEnd());
}

/**
 * A model's words as a person would write them: models learn in lower case and without a full stop, for which a screen
 * reader makes its pause.
 *
 * @param language BCP 47
 */
export function asSentence(caption: string, language: string): string {
  const text = caption.trim();
  const [first = ''] = text;
  const stop = /^(zh|ja)\b/i.test(language) ? '。' : '.';
  return `${first.toLocaleUpperCase(language)}${text.slice(first.length)}${isEnded(text) ? '' : stop}`;
}
