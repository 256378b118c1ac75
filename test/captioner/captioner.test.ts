import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { Captioner } from '../../src/captioner/captioner.js';
import type { Checkpoint } from '../../src/captioner/checkpoint.js';
import { decodersOf, ensembleOf, memberOf, readCheckpoint, writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { agreement, CONSENSUS_WIDTH } from '../../src/captioner/consensus.js';
import { createImageGraph, createStepGraph } from '../../src/captioner/decoding-graphs.js';
import { ARCHITECTURES, DEFAULT_ARCHITECTURE } from '../../src/captioner/decoders/all.js';
import { fromHalf, toHalf } from '../../src/files/half.js';
import type { EncoderId } from '../../src/ids.js';
import { Session, type TensorData } from '../../src/tensors/session.js';
import { RandomStream } from '../../src/training/random.js';
import { untrainedCheckpoint } from './untrained.js';
import { declareParameters } from '../../src/captioner/decoder.js';
import { CELLS } from '../../src/tensors/layers.js';
import { Graph } from '../../src/tensors/graph.js';
import { layOut } from '../../src/training/batch-layout.js';
import { batchFeeds } from '../../src/training/batches.js';
import { profileOf } from '../../src/training/length-profile.js';
import { captionLoss, declareBatch } from '../../src/training/loss-graph.js';

const settings = {
  ...DEFAULT_ARCHITECTURE,
  regions: 9,
  regionSize: 32,
  embeddingSize: 12,
  hiddenSize: 16,
  attentionSize: 8,
};
const vocabulary = [
  '<pad>',
  '<start>',
  '<end>',
  '<unknown>',
  ...Array.from({ length: 30 }, (_, index) => `word${index}`),
];

function someCheckpoint(seed = 4, { architecture = settings.architecture, cell = settings.cell } = {}): Checkpoint {
  return untrainedCheckpoint('vgg16-test' as EncoderId, {
    settings: { ...settings, architecture, cell },
    vocabulary,
    seed,
    name: 'test',
  });
}

function photo(seed: number): Uint16Array {
  const random = new RandomStream(seed, 'photo');
  return toHalf(
    Array.from({ length: settings.regions * settings.regionSize }, () => Math.max(0, 4 * random.uniform() - 2)),
  );
}

describe('a captioner', () => {
  let captioner: Captioner;
  beforeAll(() => {
    captioner = Captioner.load(someCheckpoint());
  });

  it('says for every word how probable it was and where it looked', async () => {
    const [captions = []] = await captioner.caption([photo(1)]);
    expect(captions).toHaveLength(5);
    for (const { words, text, logProbability } of captions) {
      expect(text).toBe(words.map(({ word }) => word).join(' '));
      expect(words.reduce((sum, { probability }) => sum + Math.log(probability), 0)).toBeGreaterThan(
        logProbability - 1e-4,
      );
      for (const { attention, probability } of words) {
        expect(attention).toHaveLength(settings.regions);
        expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
    }
  });

  it('says the same of a photo alone and among others', async () => {
    const photos = Array.from({ length: 19 }, (_, index) => photo(index));
    const together = await captioner.caption(photos);
    expect(together).toHaveLength(19);
    for (const index of [0, 7, 18]) {
      const [alone] = await captioner.caption([photo(index)]);
      expect(together[index]?.[0]?.text).toBe(alone?.[0]?.text);
      expect(together[index]?.[0]?.logProbability).toBeCloseTo(alone?.[0]?.logProbability ?? NaN, 4);
    }
  });

  it('with a wider beam finds nothing worse', async () => {
    const [narrow] = await captioner.caption([photo(3)], { beamWidth: 1, lengthExponent: 0 });
    const [wide] = await captioner.caption([photo(3)], { beamWidth: 10, lengthExponent: 0 });
    expect(wide?.[0]?.score ?? NaN).toBeGreaterThanOrEqual((narrow?.[0]?.score ?? NaN) - 1e-5);
  });

  it('refuses options out of range', async () => {
    await expect(captioner.caption([photo(1)], { beamWidth: 0 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(captioner.caption([photo(1)], { maximumLength: 1000 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    await expect(captioner.caption([photo(1)], { lengthExponent: -1 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe.each(ARCHITECTURES.flatMap((architecture) => CELLS.map((cell) => ({ architecture, cell }))))(
  '$architecture with $cell',
  (network) => {
    it('gives each of its captions the probability that its words have one after another in training', async () => {
      const checkpoint = someCheckpoint(4, network);
      const captioner = Captioner.load(checkpoint);
      const [captions = []] = await captioner.caption([photo(1)], { consensus: false });
      await captioner.close();
      const [decoder] = decodersOf(checkpoint.header);
      if (!decoder) throw new Error('a checkpoint has a decoder');
      for (const { words, logProbability } of captions) {
        const ids = words.map(({ word }) => vocabulary.indexOf(word));
        const profile = profileOf([[ids.length + 1]]);
        const graph = new Graph();
        const loss = captionLoss(
          decoder,
          declareParameters(decoder, graph),
          declareBatch(graph, decoder, 1, profile, false),
          profile,
          { dropout: 0, labelSmoothing: 0 },
        );
        const session = await Session.create(graph, { loss });
        const batch = batchFeeds({
          regions: fromHalf(photo(1)),
          ...layOut([[{ words: ids, weight: 1 }]], profile, ids.length + 1),
        });
        const result = await session.run(new Map<string, TensorData>([...checkpoint.parameters, ...batch]));
        await session.release();
        expect(result.get('loss')?.[0]).toBeCloseTo(-logProbability, 3);
        expect(
          words.every(
            ({ attention }) => attention.length === (network.architecture === 'attention' ? settings.regions : 0),
          ),
        ).toBe(true);
      }
    });
  },
);

describe('consensus', () => {
  it('puts those first, of all that a wide search finds, that the others agree with', async () => {
    const captioner = Captioner.load(someCheckpoint());
    const [found = []] = await captioner.caption([photo(5)], { beamWidth: CONSENSUS_WIDTH, consensus: false });
    const numbers = found.map(({ words, logProbability }) => ({
      words: words.map(({ word }) => vocabulary.indexOf(word)),
      logProbability,
    }));
    const scores = agreement(numbers);
    const order = found.map((_, place) => place).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    const [chosen = []] = await captioner.caption([photo(5)], { beamWidth: 3 });
    expect(chosen.map(({ text }) => text)).toEqual(order.slice(0, 3).map((place) => found[place]?.text));
    expect(chosen[0]?.score).toBeCloseTo(Math.max(...scores), 6);
    await captioner.close();
  });
});

describe('a judge', () => {
  it('is asked for all that was found, and what it likes best by far comes first', async () => {
    const captioner = Captioner.load(someCheckpoint());
    const photos = [photo(5), photo(6)];
    const found = await captioner.caption(photos, { beamWidth: CONSENSUS_WIDTH, consensus: false });
    const favourites = found.map((captions) => captions.at(-1)?.text);
    const asked: string[][] = [];
    const judged = await captioner.caption(photos, {}, (regions, texts) => {
      const places = regions.map((own) => photos.indexOf(own));
      asked.push(...texts.map((own) => [...own]));
      return Promise.resolve(
        texts.map((own, image) => own.map((text) => (text === favourites[places[image] ?? -1] ? 9 : 0))),
      );
    });
    expect(asked).toEqual(found.map((captions) => captions.map(({ text }) => text)));
    expect(judged.map(([first]) => first?.text)).toEqual(favourites);
    await captioner.close();
  });
});

describe('an ensemble', () => {
  const rows = { images: 1, captions: 2 };
  const regions = fromHalf(photo(2));

  /** Each member's or the ensemble's probabilities of the first word, and where it looks. */
  async function firstWord({ header, parameters: fixed }: Checkpoint) {
    const members = decodersOf(header);
    const look = await createImageGraph(members, rows, { fixed });
    const step = await createStepGraph(members, rows, { fixed });
    const scene = await look.run(new Map([['regions', regions]]));
    const result = await step.run(new Map<string, TensorData>([...scene, ['words', Int32Array.of(1, 1)]]));
    await Promise.all([look.release(), step.release()]);
    return {
      probabilities: (result.get('logProbabilities') ?? new Float32Array()).map(Math.exp),
      attention: result.get('attention') ?? new Float32Array(),
    };
  }

  it("has the mean of its members' probabilities, and looks where they look on average", async () => {
    const [one, other] = [someCheckpoint(), someCheckpoint(9)];
    const [a, b, both] = [
      await firstWord(one),
      await firstWord(other),
      await firstWord(ensembleOf([one, other], 'both')),
    ];
    both.probabilities.forEach((value, place) => {
      expect(value).toBeCloseTo(((a.probabilities[place] ?? NaN) + (b.probabilities[place] ?? NaN)) / 2, 6);
    });
    both.attention.forEach((value, place) => {
      expect(value).toBeCloseTo(((a.attention[place] ?? NaN) + (b.attention[place] ?? NaN)) / 2, 6);
    });
  });

  it('is one file, of which every member can be had again, and writes as one model where all are the same', async () => {
    const [one, other] = [someCheckpoint(), someCheckpoint(9)];
    const both = readCheckpoint(writeCheckpoint(ensembleOf([one, other], 'both'), 'fp32'));
    expect([memberOf(both, 0), memberOf(both, 1)]).toEqual([one, other]);
    expect(memberOf(one)).toEqual(one);
    expect(ensembleOf([both], 'both').header).toEqual(both.header);
    const [alone, twice] = [Captioner.load(one), Captioner.load(ensembleOf([one, one], 'twice'))];
    expect((await twice.caption([photo(1)])).map(([first]) => first?.text)).toEqual(
      (await alone.caption([photo(1)])).map(([first]) => first?.text),
    );
    await Promise.all([alone.close(), twice.close()]);
  });

  it('of unlike networks has the mean of their probabilities, looks where those with attention look, and is one file', async () => {
    const networks = [
      { architecture: 'attention' },
      { architecture: 'merge', cell: 'gru' },
      { architecture: 'show-and-tell' },
    ] as const;
    const members = networks.map((network, place) => someCheckpoint(place + 4, network));
    const all = readCheckpoint(writeCheckpoint(ensembleOf(members, 'all'), 'fp32'));
    expect(networks.map((_, place) => memberOf(all, place))).toEqual(members);
    const [together, ...alone] = await Promise.all([all, ...members].map(firstWord));
    together?.probabilities.forEach((value, place) => {
      expect(value).toBeCloseTo(
        alone.reduce((sum, { probabilities }) => sum + (probabilities[place] ?? NaN), 0) / 3,
        6,
      );
    });
    expect(together?.attention).toEqual(alone[0]?.attention);
  });

  it('of models with other words is refused', () => {
    const one = someCheckpoint();
    const other = {
      ...one,
      header: { ...one.header, name: 'other', vocabulary: [...vocabulary.slice(0, -1), 'else'] },
    };
    expect(() => ensembleOf([one, other], 'both')).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }) as Error,
    );
  });
});

describe('a checkpoint', () => {
  it('read back is what was written, in half precision nearly', () => {
    const checkpoint = someCheckpoint();
    expect(isDeepStrictEqual(readCheckpoint(writeCheckpoint(checkpoint, 'fp32')), checkpoint)).toBe(true);
    const half = readCheckpoint(writeCheckpoint(checkpoint, 'fp16'));
    expect(half.header).toEqual(checkpoint.header);
    for (const [name, values] of checkpoint.parameters) {
      const rounded = half.parameters.get(name);
      const close = values.every(
        (value, index) => Math.abs((rounded?.[index] ?? NaN) - value) < 1e-3 * Math.abs(value) + 1e-6,
      );
      expect(close, name).toBe(true);
    }
  });

  it('that is damaged anywhere is refused with a code, never used', () => {
    const bytes = writeCheckpoint(someCheckpoint(), 'fp16');
    const refused = { name: 'EkphrasisError', code: 'INVALID_CHECKPOINT' };
    const read = (file: Uint8Array) => () => readCheckpoint(file);
    for (const length of [0, 7, 100, bytes.length - 1])
      expect(read(bytes.subarray(0, length))).toThrow(expect.objectContaining(refused) as Error);
    expect(read(new TextEncoder().encode('PK\u0003\u0004 a zip, say'))).toThrow(
      expect.objectContaining(refused) as Error,
    );
    const { header, parameters } = someCheckpoint();
    const missing = new Map([...parameters].filter(([name]) => name !== 'lstm.bias'));
    expect(read(writeCheckpoint({ header, parameters: missing }, 'fp16'))).toThrow(/lstm\.bias/);
  });
});
