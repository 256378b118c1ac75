-- Trainings of search models: their epochs have what they find in place of what they write.
ALTER TABLE "TrainingEpoch"
    ALTER COLUMN "bleu1" DROP NOT NULL,
    ALTER COLUMN "bleu2" DROP NOT NULL,
    ALTER COLUMN "bleu3" DROP NOT NULL,
    ALTER COLUMN "bleu4" DROP NOT NULL,
    ALTER COLUMN "cider" DROP NOT NULL,
    ADD COLUMN "retrieval" JSONB;
