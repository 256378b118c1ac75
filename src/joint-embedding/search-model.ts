/** Turns sentences and photos into vectors that can be compared: the joint embedding of a checkpoint. */
import { fromHalf } from '../files/half.js';
import type { EncoderId } from '../ids.js';
import { tokenise } from '../language/tokeniser.js';
import { UNKNOWN, Vocabulary } from '../language/vocabulary.js';
import type { TensorData } from '../tensors/session.js';
import { tokeniserOf } from '../tensors/parameter-file.js';
import { Session } from '../tensors/session.js';
import type { SearchCheckpoint, SearchCheckpointHeader } from './checkpoint.js';
import { readSearchCheckpoint, settingsOf } from './checkpoint.js';
import { EMBEDDING_LENGTH } from './joint-embedding.js';
import { photoGraph, textGraph, type VectorGraph } from './search-graphs.js';
import { layOutTexts } from './text-layout.js';
import { regionValues } from '../vision/encoder.js';

/** Words of a sentence that are read, by the graph that reads it; what follows the longest is not. */
const LENGTHS = [6, 12, 24, 48] as const;
/**
 * Sentences and photos embedded at once: one when a person waits, many when an index is built. Sessions have static
 * shapes.
 */
const GROUPS = [1, 32] as const;
type Group = (typeof GROUPS)[number];

export class SearchModel {
  /** The words it knows. */
  readonly vocabulary: Vocabulary;
  private readonly sessions = new Map<string, Promise<Session>>();

  private constructor(
    private readonly checkpoint: SearchCheckpoint,
    private readonly threads: number | undefined,
  ) {
    this.vocabulary = new Vocabulary(checkpoint.header.vocabulary);
  }

  /**
   * @param bytes a checkpoint's file
   * @throws EkphrasisError INVALID_CHECKPOINT
   */
  static open(bytes: Uint8Array, threads?: number): SearchModel {
    return SearchModel.load(readSearchCheckpoint(bytes), threads);
  }

  static load(checkpoint: SearchCheckpoint, threads?: number): SearchModel {
    return new SearchModel(checkpoint, threads);
  }

  get header(): SearchCheckpointHeader {
    return this.checkpoint.header;
  }

  /** What the photos' regions must come from. */
  get encoder(): EncoderId {
    return this.header.encoder;
  }

  /**
   * Vectors of sentences, in their order.
   *
   * @returns unit vectors [EMBEDDING_LENGTH]; nothing for a sentence none of whose words is known
   */
  async embedTexts(texts: readonly string[]): Promise<(Float32Array | undefined)[]> {
    const sentences = texts.map((text) =>
      this.vocabulary.encode(tokenise(text, tokeniserOf(this.header))).slice(0, LENGTHS.at(-1)),
    );
    const known = sentences.flatMap((words, place) => (words.some((word) => word !== UNKNOWN) ? [place] : []));
    const vectors = new Array<Float32Array | undefined>(texts.length).fill(undefined);
    for (const part of inGroups(known)) {
      const group = part
        .map((place) => ({ place, words: sentences[place] ?? [] }))
        .sort((a, b) => b.words.length - a.words.length);
      const length = LENGTHS.find((most) => most >= (group[0]?.words.length ?? 0)) ?? LENGTHS[0];
      const rows = new Array<number>(length).fill(groupOf(part));
      const session = await this.session(`text ${rows.length}x${groupOf(part)}`, () =>
        textGraph(settingsOf(this.header), rows),
      );
      const { words, share } = layOutTexts(
        group.map((sentence) => sentence.words),
        rows,
      );
      const results = await run(session, [
        ['batch.words', words],
        ['batch.share', share],
      ]);
      group.forEach(({ place }, row) => {
        vectors[place] = results[row];
      });
    }
    return vectors;
  }

  /**
   * Vectors of photos, in their order.
   *
   * @param regions float16 bits [regions * regionSize] of each, from the encoder that the checkpoint names
   * @returns unit vectors [EMBEDDING_LENGTH]
   */
  async embedImages(regions: readonly Uint16Array[]): Promise<Float32Array[]> {
    const settings = settingsOf(this.header);
    const size = regionValues(settings);
    const vectors: Float32Array[] = [];
    for (const part of inGroups(regions)) {
      const images = groupOf(part);
      const session = await this.session(`images ${images}`, () => photoGraph(settings, images));
      const seen = new Float32Array(images * size);
      part.forEach((photo, row) => {
        seen.set(fromHalf(photo), row * size);
      });
      vectors.push(...(await run(session, [['batch.regions', seen]])).slice(0, part.length));
    }
    return vectors;
  }

  /**
   * How like each photo its sentences are: the cosine of their vectors, 0 for a sentence none of whose words is known.
   *
   * @param regions as `embedImages` takes them
   * @param texts of each photo
   */
  async likeness(regions: readonly Uint16Array[], texts: readonly (readonly string[])[]): Promise<number[][]> {
    const photos = await this.embedImages(regions);
    const sentences = (await this.embedTexts(texts.flat())).values();
    return texts.map((own, image) =>
      own.map(() => {
        const photo = photos[image];
        const sentence = sentences.next().value;
        return photo && sentence ? sentence.reduce((sum, value, place) => sum + value * (photo[place] ?? 0), 0) : 0;
      }),
    );
  }

  async close(): Promise<void> {
    for (const pending of this.sessions.values()) await (await pending).release();
    this.sessions.clear();
  }

  private session(key: string, build: () => VectorGraph): Promise<Session> {
    let session = this.sessions.get(key);
    if (!session) {
      const { graph, vectors, fixed } = build();
      const values = new Map([...this.checkpoint.parameters, ...fixed]);
      session = Session.create(graph, { vectors }, { fixed: values, threads: this.threads });
      this.sessions.set(key, session);
    }
    return session;
  }
}

/** Parts that are embedded at once. */
function inGroups<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (let start = 0; start < items.length;) {
    const size = items.length - start >= GROUPS[1] / 4 ? GROUPS[1] : GROUPS[0];
    parts.push(items.slice(start, start + size));
    start += size;
  }
  return parts;
}

function groupOf(part: readonly unknown[]): Group {
  return part.length > GROUPS[0] ? GROUPS[1] : GROUPS[0];
}

async function run(session: Session, feeds: readonly (readonly [string, TensorData])[]): Promise<Float32Array[]> {
  const vectors = (await session.run(new Map(feeds))).get('vectors') ?? new Float32Array();
  return Array.from({ length: vectors.length / EMBEDDING_LENGTH }, (_, row) =>
    vectors.slice(row * EMBEDDING_LENGTH, (row + 1) * EMBEDDING_LENGTH),
  );
}
