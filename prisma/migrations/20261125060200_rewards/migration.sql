-- Self-critical epochs: what the captions that were drawn were worth, beside the loss.
ALTER TABLE "TrainingEpoch" ADD COLUMN "reward" DOUBLE PRECISION;
