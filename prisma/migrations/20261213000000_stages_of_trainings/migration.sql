-- What a training is at, with how much of that is done.
ALTER TABLE "TrainingJob" ADD COLUMN "stage" JSONB;
