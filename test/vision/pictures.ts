import sharp, { type Sharp } from 'sharp';

/** A photo-like picture that needs no file: smooth shapes over a gradient, the same on every machine. */
export async function drawnPicture(seed: number, width = 224, height = 224): Promise<Uint8Array> {
  const hue = (seed * 67) % 360;
  const circle = `<circle cx="${60 + ((seed * 31) % 100)}" cy="90" r="${30 + (seed % 5) * 8}" fill="hsl(${(hue + 120) % 360},80%,50%)"/>`;
  const boxes = Array.from({ length: 4 }, (_, index) => {
    const x = (seed * 17 + index * 53) % 180;
    return `<rect x="${x}" y="${120 + index * 18}" width="${30 + index * 9}" height="26" fill="hsl(${(hue + index * 40) % 360},60%,${30 + index * 12}%)"/>`;
  });
  const background = `<linearGradient id="g" x2="0" y2="1"><stop stop-color="hsl(${hue},50%,70%)"/><stop offset="1" stop-color="hsl(${hue},40%,25%)"/></linearGradient>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 224 224" width="${width}" height="${height}" preserveAspectRatio="none">
    <defs>${background}</defs><rect width="224" height="224" fill="url(#g)"/>${circle}${boxes.join('')}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** One colour everywhere: [red, green, blue]. */
export function plainPicture(red: number, green: number, blue: number, width = 16, height = 16): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r: red, g: green, b: blue } } });
}
