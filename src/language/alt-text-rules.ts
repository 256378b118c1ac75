/**
 * What speaks against a text as the alternative of an image. After W3C's alt decision tree and its tips
 * (https://www.w3.org/WAI/tutorials/images/decision-tree/ and …/tips/): a screen reader says "image" itself, names of
 * files and placeholders say nothing, what stands beside the image is not said twice, and what is long belongs into the
 * page. Style only: none of it is a reason to refuse a text.
 */
import { ALT_TEXT_MESSAGES, type AltTextRule } from './alt-text-messages.js';
import { isEnded } from './sentence.js';
import { hasWords } from './tokeniser.js';

export interface AltTextFinding {
  readonly rule: AltTextRule;
  /** A sentence or two that say what to do. */
  readonly message: string;
  /** What it is about, in UTF-16 units from the beginning of the text. */
  readonly start: number;
  readonly end: number;
}

export interface AltTextSituation {
  /** Of the text, BCP 47: it says how characters are counted. Default: `en`. */
  readonly language?: string | undefined;
  /** The image's, with or without a folder. */
  readonly fileName?: string | undefined;
  /** Words that stand beside the image. */
  readonly caption?: string | undefined;
  /** `en` or `de`. Default: `en`. */
  readonly messagesIn?: keyof typeof ALT_TEXT_MESSAGES | undefined;
}

/** Longest text, in characters as people count them: some screen readers break longer ones into pieces. */
export const LONGEST_GOOD_ALT_TEXT = 150;

/** In whatever language the text is: people write English ones into German pages. */
const REDUNDANT_STARTS = [
  /^(?:an?|the|this)?\s*(?:\S+\s)?(?:image|picture|photo|photograph|pic|graphic|icon|illustration|drawing|screenshot)s?\s+(?:of|that shows|which shows|showing|shows|depicting|depicts|may show:?)(?![\p{L}\p{N}])/iu,
  /^(?:image|picture|photo|photograph|graphic|icon|illustration|drawing|screenshot)\s*:/iu,
  /^(?:(?:ein|eine|das|die|der|dieses|diese|dieser)\s+)?(?:\S+\s)?(?:bild|foto|fotografie|aufnahme|grafik|symbol|zeichnung|abbildung|screenshot|bildschirmfoto)\s*(?:(?:von|vom|zeigt|zeigend|mit|einer?|eines|des|der)(?![\p{L}\p{N}])|:)/iu,
  /^(?:auf\s+(?:dem|diesem)\s+(?:bild|foto)|auf\s+der\s+(?:abbildung|aufnahme)|zu\s+sehen\s+(?:ist|sind))(?![\p{L}\p{N}])/iu,
];
/** What cameras and phones call their files, and what ends as pictures do. */
const FILE_NAMES = [
  /^\S*\.(?:jpe?g|png|gif|webp|avif|heic|heif|tiff?|bmp|svg|raw|cr2|nef|arw|dng)$/iu,
  /^(?:img|dsc[nf]?|pxl|dji|gopr|mvimg|pict|p|screenshot|image|photo|foto|bild)[-_ ]?\d{3,}[-_\w]*$/iu,
  /^[\p{L}\p{N}]+(?:[-_][\p{L}\p{N}]+)*[-_]\d+x\d+$/iu,
];
const PLACEHOLDERS =
  /^(?:an?\s+)?(?:image|picture|photo|photograph|pic|graphic|icon|logo|thumbnail|spacer|placeholder|banner|header|untitled|unnamed|alt|alt[- ]?text|alternative text|description|caption|todo|tbd|fixme|xxx+|test|null|undefined|none|n\/?a|lorem ipsum.*|bild|foto|grafik|symbol|platzhalter|ohne titel|unbenannt|alternativtext|bildbeschreibung|beschreibung|leer|keine)[\s.!?…]*$/iu;
/** Fewer letters may be an abbreviation. */
const LEAST_CAPITALS = 8;

/** @returns what speaks against the text, in the order of `ALT_TEXT_RULES` */
export function checkAltText(text: string, situation: AltTextSituation = {}): AltTextFinding[] {
  const { language = 'en', fileName, caption, messagesIn = 'en' } = situation;
  const messages = ALT_TEXT_MESSAGES[messagesIn];
  const finding = (rule: AltTextRule, start = 0, end = text.length): AltTextFinding => ({
    rule,
    message: messages[rule],
    start,
    end,
  });
  if (!hasWords(text)) return [finding('NO_WORDS')];
  const own = text.trim();
  const begin = text.indexOf(own);
  const findings: AltTextFinding[] = [];
  const start = REDUNDANT_STARTS.map((pattern) => pattern.exec(own)?.[0]).find((words) => words !== undefined);
  if (start !== undefined) findings.push(finding('REDUNDANT_START', begin, begin + start.length));
  if (isFileName(own, fileName)) findings.push(finding('FILE_NAME'));
  else if (PLACEHOLDERS.test(own)) findings.push(finding('PLACEHOLDER'));
  if (caption !== undefined && hasWords(caption) && folded(own) === folded(caption))
    findings.push(finding('REPEATS_CAPTION'));
  if (isAllCapitals(own)) findings.push(finding('ALL_CAPS'));
  const limit = endOfGraphemes(text, LONGEST_GOOD_ALT_TEXT, language);
  if (limit !== undefined) findings.push(finding('TOO_LONG', limit));
  if (!isEnded(own)) findings.push(finding('NO_END', begin + own.length, begin + own.length));
  return findings;
}

function isFileName(text: string, fileName: string | undefined): boolean {
  if (FILE_NAMES.some((pattern) => pattern.test(text))) return true;
  const name = fileName?.replace(/^.*[/\\]/u, '');
  if (name === undefined || name === '') return false;
  const stem = name.replace(/\.[^.]*$/u, '');
  // A file that is named after what it shows in words is no reason.
  return text === name || (text === stem && !/\s/u.test(stem));
}

function folded(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\p{P}\s]+/gu, ' ')
    .trim();
}

function isAllCapitals(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.length >= LEAST_CAPITALS && letters.every((letter) => /\p{Lu}/u.test(letter));
}

/** Where what is too long begins; undefined where nothing is. */
function endOfGraphemes(text: string, most: number, language: string): number | undefined {
  if (text.length <= most) return undefined;
  let count = 0;
  for (const { index } of new Intl.Segmenter(language, { granularity: 'grapheme' }).segment(text)) {
    if (count === most) return index;
    count += 1;
  }
  return undefined;
}
