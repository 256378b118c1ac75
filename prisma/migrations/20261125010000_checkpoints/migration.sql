-- A trained model's file, so that every machine can caption with it. Floats hardly compress: it is kept as it is.
ALTER TABLE "Model" ADD COLUMN "checkpoint" BYTEA;
ALTER TABLE "Model" ALTER COLUMN "checkpoint" SET STORAGE EXTERNAL;
-- Where the file of a model lies that was trained before, until it has been taken in.
ALTER TABLE "Model" ALTER COLUMN "checkpointPath" DROP NOT NULL;
UPDATE "Model" SET "checkpointPath" = NULL WHERE "shipped";
