/**
 * Real photos' vectors (pooled features, or embeddings of a search model) and captions, and as many more like them as
 * one asks for.
 */
import { join } from 'node:path';
import type { EncoderId } from '../../src/ids.js';
import { FreeSpace } from '../../src/files/free-space.js';
import { openEmbedded } from '../../src/store/embedded.js';
import { RandomStream } from '../../src/training/random.js';

/** Numbers of a feature. */
export const DIMENSIONS = 512;
/** Real photos that are asked with and neither stored nor drawn from. */
const QUERIES = 100;
/** Real neighbours that say in which directions a photo may differ. */
const DIRECTIONS = 24;

const VECTORS: Readonly<Record<PatternKind, string>> = {
  features: 'SELECT "imageId", "encoder" AS encoder, "vector" AS vector FROM "ImageFeature"',
  embeddings: `SELECT "imageId", "modelId" AS encoder, "vector" AS vector FROM "ImageEmbedding"
    WHERE "modelId" = (SELECT "id" FROM "Model" WHERE "task" = 'SEARCH' AND "current")`,
};

export interface RealPhoto {
  /** [512] */
  readonly vector: Float32Array;
  readonly captions: readonly string[];
}

/** What kind of vectors a pattern is of: what VGG16 sees, or where the current search model sets it. */
export type PatternKind = 'features' | 'embeddings';

export class Pattern {
  /** Each [512]. */
  readonly queries: readonly Float32Array[];
  /** What people wrote for the photos that are asked with. */
  readonly queryCaptions: readonly (readonly string[])[];
  private readonly photos: readonly RealPhoto[];
  private readonly units: readonly Float32Array[];
  private readonly neighbours: (readonly Float32Array[] | undefined)[] = [];

  constructor(
    /** Whose vectors they are: an encoder, or a model. */
    readonly encoder: EncoderId,
    photos: readonly RealPhoto[],
    /** Features are means of what a ReLU lets through: none is negative. */
    private readonly least = 0,
  ) {
    if (photos.length < 10 * QUERIES) throw new Error(`${photos.length} photos are too few: import a data set first`);
    const order = Array.from(new RandomStream('queries').permutation(photos.length)).flatMap(
      (place) => photos[place] ?? [],
    );
    this.queries = order.slice(0, QUERIES).map(({ vector }) => vector);
    this.queryCaptions = order.slice(0, QUERIES).map(({ captions }) => captions);
    this.photos = order.slice(QUERIES);
    this.units = this.photos.map(({ vector }) => unit(vector));
  }

  /** Of the collection in EKPHRASIS_DATA, whose server must not run. */
  static async read(dataDirectory: string, kind: PatternKind = 'features'): Promise<Pattern> {
    const database = await openEmbedded(join(dataDirectory, 'database'), new FreeSpace(dataDirectory));
    try {
      const { rows } = await database.executeSql(
        `SELECT encoder, vector::real[] AS vector,
           ARRAY(SELECT "text" FROM "ReferenceCaption" c WHERE c."imageId" = f."imageId" ORDER BY "position") AS captions
         FROM (${VECTORS[kind]}) f ORDER BY "imageId"`,
      );
      const photos = rows as { encoder: EncoderId; vector: number[]; captions: string[] }[];
      const encoder = photos[0]?.encoder;
      if (encoder === undefined)
        throw new Error(`${dataDirectory} has no ${kind}: import a data set first, or have it embedded`);
      const ofOne = photos.filter((photo) => photo.encoder === encoder);
      return new Pattern(
        encoder,
        ofOne.map(({ vector, captions }) => ({ vector: Float32Array.from(vector), captions })),
        kind === 'features' ? 0 : -Infinity,
      );
    } finally {
      await database.close();
    }
  }

  get size(): number {
    return this.photos.length;
  }

  /**
   * A vector of a mixture of normal distributions, one around each real vector with the covariance of its nearest real
   * ones: it keeps to the directions in which photos like it differ.
   *
   * @returns [512], always the same for the same number
   */
  draw(number: number): Float32Array {
    const { random, place } = this.begin(number);
    const centre = this.photos[place]?.vector ?? new Float32Array();
    const drawn = Float32Array.from(centre);
    for (const neighbour of this.neighboursOf(place)) {
      const amount = normal(random) / Math.sqrt(DIRECTIONS);
      for (let i = 0; i < DIMENSIONS; i++)
        drawn[i] = (drawn[i] ?? 0) + amount * ((neighbour[i] ?? 0) - (centre[i] ?? 0));
    }
    for (let i = 0; i < DIMENSIONS; i++) if ((drawn[i] ?? 0) < this.least) drawn[i] = this.least;
    return drawn;
  }

  /** What a person wrote for the photo around which that vector was drawn. */
  captionOf(number: number): string | undefined {
    const { random, place } = this.begin(number);
    const captions = this.photos[place]?.captions ?? [];
    return captions[Math.floor(random.uniform() * captions.length)];
  }

  /** Cosine distance of the queries from their nearest and tenth real vector and, among as many, drawn one: medians. */
  likeness(): { readonly real: readonly [number, number]; readonly drawn: readonly [number, number] } {
    const drawn = Array.from({ length: this.size }, (_, number) => this.draw(number));
    return {
      real: medians(
        this.queries,
        this.photos.map(({ vector }) => vector),
      ),
      drawn: medians(this.queries, drawn),
    };
  }

  private begin(number: number): { readonly random: RandomStream; readonly place: number } {
    const random = new RandomStream('vector', number);
    return { random, place: Math.floor(random.uniform() * this.size) };
  }

  private neighboursOf(place: number): readonly Float32Array[] {
    return (this.neighbours[place] ??= this.findNeighbours(place));
  }

  private findNeighbours(place: number): readonly Float32Array[] {
    const nearest = new Nearest(DIRECTIONS + 1);
    const centre = this.units[place] ?? new Float32Array();
    this.units.forEach((vector, other) => {
      nearest.add(other, product(centre, vector));
    });
    return nearest.places
      .filter((other) => other !== place)
      .slice(0, DIRECTIONS)
      .flatMap((other) => this.photos[other]?.vector ?? []);
  }
}

/** The places with the greatest similarities of all that were added, the greatest first. */
export class Nearest {
  readonly places: number[] = [];
  readonly similarities: number[] = [];

  constructor(private readonly limit: number) {}

  add(place: number, similarity: number): void {
    const last = this.similarities.at(-1) ?? -Infinity;
    if (this.places.length === this.limit && similarity <= last) return;
    let at = this.places.length;
    while (at > 0 && (this.similarities[at - 1] ?? 0) < similarity) at--;
    this.places.splice(at, 0, place);
    this.similarities.splice(at, 0, similarity);
    if (this.places.length > this.limit) {
      this.places.pop();
      this.similarities.pop();
    }
  }
}

/** What search by cosine distance has of a vector: its direction. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(product(vector, vector));
  return vector.map((value) => value / length);
}

export function product(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < DIMENSIONS; i++) sum += (one[i] ?? 0) * (other[i] ?? 0);
  return sum;
}

function medians(queries: readonly Float32Array[], vectors: readonly Float32Array[]): readonly [number, number] {
  const units = vectors.map(unit);
  const found = queries.map(unit).map((query) => {
    const nearest = new Nearest(10);
    units.forEach((vector, place) => {
      nearest.add(place, product(query, vector));
    });
    return nearest.similarities;
  });
  const median = (rank: number) =>
    found.map((similarities) => 1 - (similarities[rank] ?? NaN)).sort((a, b) => a - b)[Math.floor(found.length / 2)] ??
    NaN;
  return [median(0), median(9)];
}

/** Standard normal (Box and Muller 1958). */
function normal(random: RandomStream): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}
