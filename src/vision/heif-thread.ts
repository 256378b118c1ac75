/** What the thread of heif.ts runs: libheif in WebAssembly. */
import { Transfer, worker } from 'workerpool';
import { libheif, type Pointer } from './libheif.js';

export interface DecodedHeif {
  readonly width: number;
  readonly height: number;
  /** [height, width, 4]: red, green, blue and opacity, 0 to 255, upright, in the colours of the file. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Of libheif's enumerations. */
const COLOURS_RGB = 1;
const LAYOUT_RGBA = 11;
const CHANNEL_INTERLEAVED = 10;
/** Of `strict_decoding` in `heif_decoding_options`: without it missing tiles would be left grey. */
const STRICT = 21;
/** Room for an error: its code, a second one and where its message is. */
const ERROR_SIZE = 12;
const LONGEST_MESSAGE = 500;

/** What such a place holds. */
function pointerAt(place: Pointer): Pointer {
  return new DataView(libheif.HEAPU8.buffer).getUint32(place, true);
}

/** Calls a function that tells its success at a place. @throws Error with what libheif says */
function check(call: (error: Pointer) => void): void {
  const error = libheif._malloc(ERROR_SIZE);
  call(error);
  if (pointerAt(error) === 0) return;
  const text = libheif.HEAPU8.subarray(pointerAt(error + 8), pointerAt(error + 8) + LONGEST_MESSAGE);
  throw new Error(`libheif: ${Buffer.from(text.subarray(0, Math.max(0, text.indexOf(0)))).toString()}`);
}

/** What a function writes to a place. */
function result(call: (error: Pointer, place: Pointer) => void): Pointer {
  const place = libheif._malloc(4);
  check((error) => {
    call(error, place);
  });
  return pointerAt(place);
}

/**
 * Decodes the primary image: its tiles put together, turned and mirrored as the file says, ten bits made eight. Nothing
 * is freed: the thread ends with this, and all of libheif's memory with it.
 *
 * @throws Error for a file that is damaged, or has more pixels than were allowed
 */
function decode(file: Uint8Array, maximumPixels: number): InstanceType<typeof Transfer> {
  const checkArea = (width: number, height: number) => {
    if (width * height > maximumPixels) throw new Error('exceeds pixel limit');
  };
  const context = libheif._heif_context_alloc();
  const place = libheif._malloc(file.length);
  libheif.HEAPU8.set(file, place);
  check((error) => {
    libheif._heif_context_read_from_memory(error, context, place, file.length, 0);
  });
  const handle = result((error, at) => {
    libheif._heif_context_get_primary_image_handle(error, context, at);
  });
  checkArea(libheif._heif_image_handle_get_width(handle), libheif._heif_image_handle_get_height(handle));
  const options = libheif._heif_decoding_options_alloc();
  libheif.HEAPU8[options + STRICT] = 1;
  const image = result((error, at) => {
    libheif._heif_decode_image(error, handle, at, COLOURS_RGB, LAYOUT_RGBA, options);
  });
  const width = libheif._heif_image_get_width(image, CHANNEL_INTERLEAVED);
  const height = libheif._heif_image_get_height(image, CHANNEL_INTERLEAVED);
  checkArea(width, height);
  const stride = libheif._malloc(4);
  const plane = libheif._heif_image_get_plane_readonly(image, CHANNEL_INTERLEAVED, stride);
  const step = pointerAt(stride);
  const row = 4 * width;
  const pixels = new Uint8Array(row * height);
  for (let line = 0; line < height; line += 1) {
    const from = plane + line * step;
    pixels.set(libheif.HEAPU8.subarray(from, from + row), line * row);
  }
  const decoded: DecodedHeif = { width, height, pixels };
  return new Transfer(decoded, [pixels.buffer]);
}

worker({ decode });
