import { createRequire } from 'node:module';

/** A place in libheif's memory. */
export type Pointer = number;

/** What is used of libheif's C functions (libheif/heif.h): the types of its package are of the bundle for browsers only. */
interface Libheif {
  /** Its memory; another object whenever it has grown. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): Pointer;
  _heif_context_alloc(): Pointer;
  /** The first argument of these is where the error goes. */
  _heif_context_read_from_memory(error: Pointer, context: Pointer, file: Pointer, size: number, options: Pointer): void;
  _heif_context_get_primary_image_handle(error: Pointer, context: Pointer, handle: Pointer): void;
  _heif_decode_image(
    error: Pointer,
    handle: Pointer,
    image: Pointer,
    colours: number,
    layout: number,
    options: Pointer,
  ): void;
  _heif_decoding_options_alloc(): Pointer;
  _heif_image_handle_get_width(handle: Pointer): number;
  _heif_image_handle_get_height(handle: Pointer): number;
  _heif_image_get_width(image: Pointer, channel: number): number;
  _heif_image_get_height(image: Pointer, channel: number): number;
  _heif_image_get_plane_readonly(image: Pointer, channel: number, stride: Pointer): Pointer;
}

const require = createRequire(import.meta.url);
export const libheif = require('libheif-js/wasm-bundle.js') as Libheif;
