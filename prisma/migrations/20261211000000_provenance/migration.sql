-- What a training was made from and with: hashes of its data, versions. Trainings of before have none.
ALTER TABLE "TrainingJob" ADD COLUMN "provenance" JSONB;
