/** Its package has no types. */
declare module 'html-encoding-sniffer' {
  /**
   * @returns the name of the encoding by the WHATWG's standard: of the byte order mark, else of a `<meta>` among the first
   *   1024 bytes, else the default
   */
  export default function sniffEncoding(bytes: Uint8Array, options?: { readonly defaultEncoding?: string }): string;
}
