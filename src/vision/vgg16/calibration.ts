/**
 * What torchvision's VGG16 reaches on 33 photos of Flickr8k's training split. Written by `bench/vgg16/calibrate.ts`;
 * a change here changes the integer encoder's identity, so that features and models made before no longer fit.
 */
import type { CalibrationRanges } from './graph.js';

export const VGG16_CALIBRATION: CalibrationRanges = {
  input: { minimum: -2.118, maximum: 2.64 },
  convolutions: [17.86, 43.25, 40.99, 67.14, 77.96, 114.6, 118.2, 158.1, 100.2, 76.52, 67.06, 57.48, 36.42],
};
