/**
 * Random numbers that depend on nothing but what they are for: a counter-based generator (Salmon et al. 2011, "Parallel
 * random numbers: as easy as 1, 2, 3"). A run that is resumed draws what an unbroken one would have drawn.
 */

const WEYL = 0x9e3779b9;

const BITS = 32;
/** Four units of a dropout mask at once: a byte for each of four bits, 2 where it is set. */
const FOUR_UNITS = Uint32Array.from({ length: 16 }, (_, bits) =>
  [0, 1, 2, 3].reduce((bytes, bit) => bytes | (((bits >>> bit) & 1) << (8 * bit + 1)), 0),
);

/** 32 well-mixed bits of a 32-bit number (Wellons' lowbias32). */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A stream of numbers for one purpose, such as (seed, 'dropout', step). */
export class RandomStream {
  private readonly key: number;
  private counter = 0;

  constructor(...purpose: readonly (number | string)[]) {
    let key = 0;
    for (const part of purpose) {
      for (const value of typeof part === 'number'
        ? [part, Math.floor(part / 0x1_0000_0000)]
        : Array.from(part, (c) => c.charCodeAt(0))) {
        key = mix(key + Math.imul(value | 0, WEYL) + WEYL);
      }
    }
    this.key = key;
  }

  /** 32 uniform bits. */
  bits(): number {
    this.counter = (this.counter + 1) >>> 0;
    return mix(mix(this.counter ^ this.key) + Math.imul(this.key, WEYL));
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.bits() / 0x1_0000_0000;
  }

  /** A random order of 0..count-1 (Fisher-Yates). */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = Math.floor(this.uniform() * (last + 1));
      const held = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = held;
    }
    return order;
  }

  /** A dropout mask: a unit is dropped (0) or kept and doubled (2), each with probability 1/2. One bit a unit. */
  mask(units: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(units / BITS) * (BITS / 4));
    for (let place = 0; place < words.length; place += BITS / 4) {
      const bits = this.bits();
      for (let four = 0; four < BITS / 4; four++) words[place + four] = FOUR_UNITS[(bits >>> (4 * four)) & 15] ?? 0;
    }
    return new Uint8Array(words.buffer, 0, units);
  }
}
