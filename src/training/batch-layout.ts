/** Where each word of a batch's captions stands in the arrays of a step. */
import { END, START } from '../language/vocabulary.js';
import type { LengthProfile } from './length-profile.js';
import { totalPlaces, totalRows } from './length-profile.js';

/** A caption of a batch. */
export interface WeighedCaption {
  /** Word ids without the end. */
  readonly words: readonly number[];
  /** What each of its words, and its end, counts in the loss. */
  readonly weight: number;
}

/** The words of a batch; see `BatchInputs`. */
export interface WordArrays {
  readonly previous: Int32Array;
  readonly target: Int32Array;
  readonly weight: Float32Array;
  readonly image: Int32Array;
  readonly seats: Int32Array;
  readonly places: Int32Array;
}

/**
 * Lays captions out by word, then by caption, the longest first. Words for which the profile has no row are left out.
 *
 * @param images each image's captions; images by their longest caption, and its captions longest first where the
 *   profile has fewer at later words
 * @param limit words of a caption that are learned, its end counted
 */
export function layOut(
  images: readonly (readonly WeighedCaption[])[],
  profile: LengthProfile,
  limit: number,
): WordArrays {
  const captions = images
    .flatMap((own, image) =>
      own.map(({ words, weight }, place) => ({
        words,
        weight,
        image,
        place,
        length: Math.min(words.length + 1, limit),
      })),
    )
    .sort((a, b) => b.length - a.length);
  const rows = totalRows(profile);
  const [previous, target, places] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
  const weight = new Float32Array(rows);
  const seats = new Int32Array(totalPlaces(profile));
  const image = new Int32Array(profile.rows[0] ?? 0);
  captions.forEach((caption, row) => {
    image[row] = caption.image;
  });
  let [firstRow, firstPlace] = [0, 0];
  profile.rows.forEach((count, word) => {
    const seen = profile.images[word] ?? 0;
    const perImage = profile.captions[word] ?? 0;
    captions.slice(0, count).forEach((caption, row) => {
      if (word >= caption.length || caption.image >= seen || caption.place >= perImage) return;
      previous[firstRow + row] = word === 0 ? START : (caption.words[word - 1] ?? START);
      target[firstRow + row] = caption.words[word] ?? END;
      weight[firstRow + row] = caption.weight;
      places[firstRow + row] = caption.image * perImage + caption.place;
      seats[firstPlace + caption.image * perImage + caption.place] = row;
    });
    firstRow += count;
    firstPlace += perImage * seen;
  });
  return { previous, target, weight, image, seats, places };
}
