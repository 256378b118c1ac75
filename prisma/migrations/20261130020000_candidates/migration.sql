-- A training makes a candidate: what came of it beside the model in use is kept with its job.
ALTER TABLE "TrainingJob" ADD COLUMN "outcome" JSONB;

-- A person chose it: nothing replaces it by itself. A search model that is chosen answers once it has embedded every photo.
ALTER TABLE "Model" ADD COLUMN "chosen" BOOLEAN NOT NULL DEFAULT false;
-- Until now the search model that was trained last was the next to answer.
UPDATE "Model" SET "chosen" = true
WHERE "id" = (SELECT "id" FROM "Model" WHERE "task" = 'SEARCH' AND NOT "shipped" ORDER BY "id" DESC LIMIT 1);

-- The photos a figure was measured on: those of this data set; those of all where it is null.
ALTER TABLE "Evaluation" ADD COLUMN "dataset" TEXT;
-- Until now only the end of a training measured on one data set, once and before anybody else could.
UPDATE "Evaluation" e SET "dataset" = j."settings"->>'dataset'
FROM "Model" m JOIN "TrainingJob" j ON j."id" = m."trainingJobId"
WHERE e."modelId" = m."id" AND e."split" = 'dev'
  AND e."id" = (SELECT o."id" FROM "Evaluation" o WHERE o."modelId" = m."id" AND o."split" = 'dev' ORDER BY o."id" LIMIT 1);
DROP INDEX "Evaluation_modelId_split_id_idx";
CREATE INDEX "Evaluation_modelId_split_dataset_id_idx" ON "Evaluation" ("modelId", "split", "dataset", "id");
