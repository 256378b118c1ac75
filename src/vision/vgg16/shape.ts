import { z } from 'zod';
import type { RegionShape } from '../encoder.js';

/** What VGG16 says of a photo: its last feature map, 7 x 7 places of 512 channels. */
export const VGG16_SHAPE: RegionShape = { regions: 49, regionSize: 512 };

const size = z.number().int().positive();

/**
 * How many regions, as files keep it, and of what size. Those of before there was another encoder than VGG16 do not
 * say: theirs are VGG16's.
 */
export const storedShape = {
  regions: size.default(VGG16_SHAPE.regions),
  regionSize: size.default(VGG16_SHAPE.regionSize),
};
