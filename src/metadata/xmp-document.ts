/**
 * An XMP packet: RDF in XML (ISO 16684-1). What is not asked for stays as it is, so that a packet which other programs
 * wrote can be changed without losing what they keep there.
 */
import { DOMParser, type Document, type Element, type Node, XMLSerializer } from '@xmldom/xmldom';
import { EkphrasisError, ErrorCode } from '../errors.js';

/** A property's full name. */
export interface PropertyName {
  readonly namespace: string;
  /** The prefix that it is written with. */
  readonly prefix: string;
  readonly name: string;
}

export interface LanguageText {
  /** A BCP 47 tag, or `x-default`. */
  readonly language: string;
  readonly text: string;
}

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const XML = 'http://www.w3.org/XML/1998/namespace';
const XMLNS = 'http://www.w3.org/2000/xmlns/';
const DEFAULT_LANGUAGE = 'x-default';
/** Of a packet, in characters. Adobe's longest are some hundred thousand. */
const LONGEST = 4 * 2 ** 20;
/** Tags of a packet, and declarations of namespaces: more take seconds to parse. Lightroom's brushes have some ten thousand. */
const MOST_TAGS = 200_000;
const MOST_NAMESPACES = 1000;

const EMPTY = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Ekphrasis">
 <rdf:RDF xmlns:rdf="${RDF}">
  <rdf:Description rdf:about=""/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
`;

export class XmpDocument {
  private constructor(private readonly document: Document) {}

  static empty(): XmpDocument {
    return new XmpDocument(parseXml(EMPTY));
  }

  /**
   * @param bytes UTF-8, or UTF-16 with a byte order mark
   * @throws EkphrasisError BAD_USER_INPUT for what is no XMP, or too long
   */
  static parse(bytes: Uint8Array): XmpDocument {
    if (bytes.length > LONGEST) throw notXmp('it is too long');
    const [first, second] = bytes;
    const encoding =
      first === 0xfe && second === 0xff ? 'utf-16be' : first === 0xff && second === 0xfe ? 'utf-16le' : 'utf-8';
    // Writers pad packets, some with NUL.
    const text = new TextDecoder(encoding).decode(bytes).replaceAll('\0', '').trim();
    if (/<!(?:DOCTYPE|ENTITY)/iu.test(text)) throw notXmp('it declares entities');
    if (count(text, '<') > MOST_TAGS || count(text, 'xmlns') > MOST_NAMESPACES)
      throw notXmp('it has too many elements');
    const document = parseXml(text);
    if (document.getElementsByTagNameNS(RDF, 'RDF').length === 0) throw notXmp('it has no RDF');
    return new XmpDocument(document);
  }

  /** A simple value, or the first of an array. */
  text(property: PropertyName): string | undefined {
    const found = this.find(property);
    if (found === undefined) return undefined;
    if (typeof found === 'string') return found;
    const [first] = itemsOf(found);
    return first ? valueOf(first) : valueOf(found);
  }

  /** The values of an array; a simple value is an array of one. */
  list(property: PropertyName): string[] {
    return this.all(property).flatMap((found) => {
      if (typeof found === 'string') return [found];
      const items = itemsOf(found);
      return items.length > 0 ? items.map(valueOf) : [valueOf(found)];
    });
  }

  /** A text in each of its languages; a simple value is that of `x-default`. */
  languages(property: PropertyName): LanguageText[] {
    const found = this.find(property);
    if (found === undefined) return [];
    if (typeof found === 'string') return [{ language: DEFAULT_LANGUAGE, text: found }];
    const items = itemsOf(found);
    if (items.length === 0) return [{ language: DEFAULT_LANGUAGE, text: valueOf(found) }];
    return items.map((item) => ({
      language: item.getAttributeNS(XML, 'lang') || DEFAULT_LANGUAGE,
      text: valueOf(item),
    }));
  }

  /** The structures of an array: their fields by name. */
  structures(property: PropertyName): ReadonlyMap<string, string>[] {
    const found = this.find(property);
    if (found === undefined || typeof found === 'string') return [];
    return itemsOf(found).map((item) => {
      const own = childElements(item);
      const inner = own.length === 1 && own[0]?.namespaceURI === RDF ? own[0] : item;
      return new Map([
        ...[...inner.attributes].map((attribute) => [attribute.localName ?? '', attribute.value] as const),
        ...childElements(inner).map((field) => [field.localName ?? '', valueOf(field)] as const),
      ]);
    });
  }

  /** Has a property be these texts, `x-default` first; of none, it is removed. */
  setLanguages(property: PropertyName, texts: readonly LanguageText[]): void {
    const ordered = [
      ...texts.filter(({ language }) => language === DEFAULT_LANGUAGE),
      ...texts.filter(({ language }) => language !== DEFAULT_LANGUAGE),
    ];
    this.set(
      property,
      'Alt',
      ordered.map(({ language, text }) => {
        const item = this.element(RDF, 'rdf:li');
        item.setAttributeNS(XML, 'xml:lang', language);
        item.appendChild(this.document.createTextNode(text));
        return item;
      }),
    );
  }

  /** Has a property be an unordered array of structures; fields stand in its namespace. */
  setStructures(property: PropertyName, structures: readonly (readonly (readonly [string, string])[])[]): void {
    this.set(
      property,
      'Bag',
      structures.map((fields) => {
        const item = this.element(RDF, 'rdf:li');
        item.setAttributeNS(RDF, 'rdf:parseType', 'Resource');
        for (const [name, value] of fields) {
          const field = this.element(property.namespace, `${property.prefix}:${name}`);
          field.appendChild(this.document.createTextNode(value));
          item.appendChild(field);
        }
        return item;
      }),
    );
  }

  toBytes(): Uint8Array {
    return new TextEncoder().encode(new XMLSerializer().serializeToString(this.document));
  }

  private set({ namespace, prefix, name }: PropertyName, array: 'Alt' | 'Bag', items: readonly Element[]): void {
    const places = this.descriptions();
    const [first] = places;
    if (!first) throw notXmp('it has no description');
    const holder = places.find((place) => childOf(place, namespace, name)) ?? first;
    for (const place of places) {
      place.removeAttributeNS(namespace, name);
      const old = childOf(place, namespace, name);
      if (old) place.removeChild(old);
    }
    if (items.length === 0) return;
    const declared = holder.lookupPrefix(namespace) ?? undefined;
    if (declared === undefined) holder.setAttributeNS(XMLNS, `xmlns:${prefix}`, namespace);
    const list = this.element(RDF, `rdf:${array}`);
    for (const item of items) list.appendChild(item);
    const element = this.element(namespace, `${declared ?? prefix}:${name}`);
    element.appendChild(list);
    holder.appendChild(element);
  }

  private element(namespace: string, name: string): Element {
    return this.document.createElementNS(namespace, name);
  }

  private find(property: PropertyName): Element | string | undefined {
    return this.all(property)[0];
  }

  private all({ namespace, name }: PropertyName): (Element | string)[] {
    return this.descriptions().flatMap((place): (Element | string)[] => {
      const child = childOf(place, namespace, name);
      if (child) return [child];
      const attribute = place.getAttributeNodeNS(namespace, name);
      return attribute ? [attribute.value] : [];
    });
  }

  private descriptions(): Element[] {
    const roots = [...this.document.getElementsByTagNameNS(RDF, 'RDF')];
    return roots.flatMap((root) => childElements(root).filter(({ localName }) => localName === 'Description'));
  }
}

function count(text: string, part: string): number {
  let found = 0;
  for (let place = text.indexOf(part); place >= 0; place = text.indexOf(part, place + 1)) found += 1;
  return found;
}

function parseXml(text: string): Document {
  try {
    return new DOMParser({
      onError(level, message) {
        if (level !== 'warning') throw notXmp(message);
      },
    }).parseFromString(text, 'text/xml');
  } catch (cause) {
    if (cause instanceof EkphrasisError) throw cause;
    throw notXmp(cause instanceof Error ? cause.message : String(cause));
  }
}

function notXmp(why: string): EkphrasisError {
  const reason = why.split('\n')[0]?.slice(0, 200) ?? '';
  return new EkphrasisError(ErrorCode.BadInput, `The XMP cannot be read: ${reason}.`);
}

function childElements(parent: Node): Element[] {
  const elements: Element[] = [];
  for (let child = parent.firstChild; child; child = child.nextSibling)
    if (child.nodeType === 1) elements.push(child as Element);
  return elements;
}

function childOf(parent: Element, namespace: string, name: string): Element | undefined {
  return childElements(parent).find((child) => child.localName === name && child.namespaceURI === namespace);
}

/** The items of the array that a property is; none where it is no array. */
function itemsOf(property: Element): Element[] {
  const [array] = childElements(property);
  if (array?.namespaceURI !== RDF || !['Alt', 'Bag', 'Seq'].includes(array.localName ?? '')) return [];
  return childElements(array).filter(({ localName }) => localName === 'li');
}

/** Its text; of one with qualifiers that of its `rdf:value`. */
function valueOf(element: Element): string {
  const value =
    childOf(element, RDF, 'value') ?? childElements(element).map((child) => childOf(child, RDF, 'value'))[0];
  return (value ?? element).textContent ?? '';
}
