/** The properties of XMP that are read and written, as ISO 16684, IPTC and the programs of photographers name them. */
import type { PropertyName } from './xmp-document.js';

const inNamespace =
  (prefix: string, namespace: string) =>
  (name: string): PropertyName => ({ namespace, prefix, name });

export const dc = inNamespace('dc', 'http://purl.org/dc/elements/1.1/');
export const xmp = inNamespace('xmp', 'http://ns.adobe.com/xap/1.0/');
export const exif = inNamespace('exif', 'http://ns.adobe.com/exif/1.0/');
export const exifEx = inNamespace('exifEX', 'http://cipa.jp/exif/1.0/');
export const aux = inNamespace('aux', 'http://ns.adobe.com/exif/1.0/aux/');
export const tiff = inNamespace('tiff', 'http://ns.adobe.com/tiff/1.0/');
export const photoshop = inNamespace('photoshop', 'http://ns.adobe.com/photoshop/1.0/');
export const iptcCore = inNamespace('Iptc4xmpCore', 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/');
export const lightroom = inNamespace('lr', 'http://ns.adobe.com/lightroom/1.0/');
export const digiKam = inNamespace('digiKam', 'http://www.digikam.org/ns/1.0/');
/** Ours; docs/metadata.md says what it means. */
export const ekphrasis = inNamespace('ekphrasis', 'http://ns.ekphrasis/xmp/1.0/');

export const ALT_TEXT = iptcCore('AltTextAccessibility');
export const DESCRIPTION = dc('description');
