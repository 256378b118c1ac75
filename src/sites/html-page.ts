/**
 * The images of an HTML file, and attributes put into their tags. The file is parsed byte by byte (as ISO 8859-1), so that
 * the parser's places are places in the file: whatever is not inserted stays as it is, to the byte.
 */
import { isUtf8 } from 'node:buffer';
import sniffEncoding from 'html-encoding-sniffer';
import { type DefaultTreeAdapterTypes, parse, parseFragment } from 'parse5';
import { EkphrasisError, ErrorCode } from '../errors.js';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** By it a text that nobody has approved is known in the file. */
export const SUGGESTION_MARK = 'data-alt-source';

export interface PageImage {
  /** Counted from 1. */
  readonly line: number;
  /** As the file says it: `src`, else the first of `addresses`. */
  readonly name: string;
  /** Where the image may come from: `src`, `srcset`, the sources of its `<picture>`, and what scripts load later. */
  readonly addresses: readonly string[];
  /** Undefined where there is no `alt`, which is not the same as an empty one. */
  readonly alt: string | undefined;
  /** Whether the `alt` was suggested, and nobody has removed the mark. */
  readonly isSuggested: boolean;
  /** Behind the tag's name. */
  readonly place: number;
}

export interface HtmlPage {
  readonly bytes: Uint8Array;
  readonly images: readonly PageImage[];
  /** Of `<html lang>`. */
  readonly language: string | undefined;
  /** Of `<base href>`. */
  readonly base: string | undefined;
  /** Whether the file says that it is UTF-8; else what is inserted is ASCII. */
  readonly isUtf8: boolean;
}

export interface Insertion {
  readonly image: PageImage;
  readonly alt: string;
  /** Marks it as one that nobody has approved. */
  readonly isSuggestion: boolean;
}

/** Encodings in which `<`, `"` and `>` may be parts of other characters. */
const UNSAFE = /^(UTF-16.*|ISO-2022-JP|replacement|x-user-defined)$/i;
/** What scripts that load images late leave their addresses in. */
const LATE = ['data-src', 'data-lazy-src', 'data-original'];
const LATE_SETS = ['data-srcset', 'data-lazy-srcset'];

/** @throws EkphrasisError BAD_USER_INPUT for a file in an encoding that cannot be written into safely */
export function readPage(bytes: Uint8Array): HtmlPage {
  const declared = sniffEncoding(bytes);
  if (UNSAFE.test(declared)) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `It is written in ${declared}, which is left alone. Save it as UTF-8 first.`,
    );
  }
  const decoder = new TextDecoder(isUtf8(bytes) ? 'utf-8' : declared);
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const elements = [...elementsOf(parse(source, { sourceCodeLocationInfo: true, scriptingEnabled: false }))];
  /** What a tag says, in the file's encoding and without entities. */
  const attributesOf = ({ sourceCodeLocation: at }: Element): Map<string, string> => {
    const tag = at?.startTag ?? at;
    if (!tag) return new Map();
    const text = decoder.decode(bytes.subarray(tag.startOffset, tag.endOffset));
    const [element] = elementsOf(parseFragment(text));
    return new Map(element?.attrs.map(({ name, value }) => [name, value]));
  };
  const named = (name: string) => elements.find(({ tagName }) => tagName === name);
  const base = elements.find(({ tagName, attrs }) => tagName === 'base' && attrs.some(({ name }) => name === 'href'));
  return {
    bytes,
    images: elements.flatMap((element) => imageOf(element, source, attributesOf) ?? []),
    language: named('html')?.attrs.find(({ name }) => name === 'lang')?.value,
    base: base && attributesOf(base).get('href'),
    isUtf8: declared === 'UTF-8',
  };
}

/** The file with attributes put in. Nothing else is touched. */
export function insertAltTexts({ bytes, isUtf8: asUtf8 }: HtmlPage, insertions: readonly Insertion[]): Uint8Array {
  const inOrder = insertions.toSorted((a, b) => a.image.place - b.image.place);
  const pieces: Uint8Array[] = [];
  let end = 0;
  for (const { image, alt, isSuggestion } of inOrder) {
    const mark = isSuggestion ? ` ${SUGGESTION_MARK}="suggestion"` : '';
    pieces.push(bytes.subarray(end, image.place), Buffer.from(` alt="${escaped(alt, asUtf8)}"${mark}`));
    end = image.place;
  }
  return Buffer.concat([...pieces, bytes.subarray(end)]);
}

/** Braces and angle brackets as well: in files of templates they would be commands. */
function escaped(text: string, asUtf8: boolean): string {
  const safe = text.replaceAll(/[&"<>{]/g, reference);
  return asUtf8 ? safe : safe.replaceAll(/[^\t\n -~]/gu, reference);
}

function reference(character: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };
  return names[character] ?? `&#${character.codePointAt(0) ?? 0};`;
}

function imageOf(
  element: Element,
  source: string,
  attributesOf: (element: Element) => Map<string, string>,
): PageImage | undefined {
  const start = element.sourceCodeLocation?.startOffset;
  if (element.tagName !== 'img' || start === undefined) return undefined;
  const [tag] = /^<im(?:g|age)(?=[\s/>])/i.exec(source.slice(start, start + 8)) ?? [];
  // Elements of SVG have other names; a tag that is cut short is none.
  if (tag === undefined) return undefined;
  const own = attributesOf(element);
  const of = (names: readonly string[]) => names.flatMap((name) => own.get(name) ?? []);
  const addresses = [
    ...of(['src', ...LATE]),
    ...of(['srcset', ...LATE_SETS]).flatMap(addressesOfSet),
    ...picturesSources(element).flatMap((other) => addressesOfSet(attributesOf(other).get('srcset') ?? '')),
  ].filter((address) => address.trim() !== '');
  return {
    line: element.sourceCodeLocation?.startLine ?? 0,
    name: own.get('src') ?? addresses[0] ?? '',
    addresses: [...new Set(addresses.map((address) => address.trim()))],
    alt: own.get('alt'),
    isSuggested: own.has(SUGGESTION_MARK),
    place: start + tag.length,
  };
}

function picturesSources({ parentNode }: Element): Element[] {
  if (!parentNode || parentNode.nodeName !== 'picture') return [];
  return parentNode.childNodes.filter((node): node is Element => node.nodeName === 'source');
}

/** The addresses of a `srcset`; each may have commas in it. */
function addressesOfSet(set: string): string[] {
  const candidates = set.matchAll(/[\s,]*(\S+?)(?:,+(?=\s|$)|\s+[^,]*(?:,|$)|$)/gu);
  return [...candidates].flatMap(([, address]) => address ?? []);
}

function* elementsOf(node: Node): Generator<Element> {
  if ('tagName' in node) yield node;
  if ('content' in node) yield* elementsOf(node.content);
  if ('childNodes' in node) for (const child of node.childNodes) yield* elementsOf(child);
}
