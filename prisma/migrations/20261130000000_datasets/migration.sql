-- A data set is a record. Photos belong to any number of them; their bytes are stored once.
CREATE TABLE "Dataset" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "language" TEXT NOT NULL DEFAULT 'en',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "importedAt" TIMESTAMPTZ(3),
    CONSTRAINT "Dataset_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Dataset_origin_key" ON "Dataset" ("origin");

CREATE TABLE "DatasetImage" (
    "datasetId" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "split" "Split",
    CONSTRAINT "DatasetImage_pkey" PRIMARY KEY ("datasetId", "imageId"),
    CONSTRAINT "DatasetImage_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "DatasetImage_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "DatasetImage_datasetId_split_idx" ON "DatasetImage" ("datasetId", "split");
CREATE INDEX "DatasetImage_imageId_idx" ON "DatasetImage" ("imageId");

-- Until now a data set was the name that its photos, or their captions, bear. Where it came from is not known: the first import
-- of a folder of that name that has the same photos tells. Ids are UUIDs of version 7, of the time of the first photo.
INSERT INTO "Dataset" ("id", "name", "origin", "format", "createdAt", "importedAt")
SELECT
    (lpad(to_hex((extract(epoch FROM named."first") * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
        || '8' || substr(md5(random()::text), 1, 15))::uuid,
    named."name", 'name:' || named."name", 'unknown', named."first", named."last"
FROM (
    SELECT "name", min("createdAt") AS "first", max("createdAt") AS "last"
    FROM (
        SELECT "dataset" AS "name", "createdAt" FROM "Image" WHERE "dataset" IS NOT NULL
        UNION ALL
        SELECT "source", "createdAt" FROM "ReferenceCaption" WHERE "source" NOT IN ('people/written', 'people/chosen')
    ) AS mentioned
    GROUP BY "name"
) AS named;
INSERT INTO "DatasetImage" ("datasetId", "imageId", "path", "split")
SELECT dataset."id", image."id", image."name", image."split"
FROM "Dataset" AS dataset JOIN "Image" AS image
    ON image."dataset" = dataset."name"
    OR EXISTS (SELECT 1 FROM "ReferenceCaption" AS caption WHERE caption."imageId" = image."id" AND caption."source" = dataset."name");

-- The source of a data set's captions is its id, and they go with it.
UPDATE "ReferenceCaption" SET "source" = dataset."id"::text FROM "Dataset" AS dataset WHERE "source" = dataset."name";
ALTER TABLE "ReferenceCaption" ADD COLUMN "datasetId" UUID
    GENERATED ALWAYS AS (CASE WHEN "source" IN ('people/written', 'people/chosen') THEN NULL ELSE "source"::uuid END) STORED;
ALTER TABLE "ReferenceCaption" ADD CONSTRAINT "ReferenceCaption_datasetId_fkey"
    FOREIGN KEY ("datasetId") REFERENCES "Dataset" ("id") ON DELETE CASCADE;
CREATE INDEX "ReferenceCaption_datasetId_idx" ON "ReferenceCaption" ("datasetId");
UPDATE "TrainingJob" SET "settings" = jsonb_set("settings", '{dataset}', to_jsonb(dataset."id"::text))
FROM "Dataset" AS dataset WHERE "settings" ->> 'dataset' = dataset."name";
UPDATE "Job" SET "settings" = jsonb_set("settings", '{dataset}', to_jsonb(dataset."id"::text))
FROM "Dataset" AS dataset WHERE "kind" = 'evaluate' AND "settings" ->> 'dataset' = dataset."name";

-- What a person uploaded stays when its data set goes.
ALTER TABLE "Image" ADD COLUMN "uploaded" BOOLEAN NOT NULL DEFAULT false;
UPDATE "Image" SET "uploaded" = true WHERE "dataset" IS NULL;
ALTER TABLE "Image" DROP COLUMN "dataset";

-- A photo's own split is the most held-out one of all its data sets: test before dev before train, as the type has them.
CREATE FUNCTION "keepImageSplits"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "Image" SET "split" = held."split"
    FROM (
        SELECT known."imageId", (SELECT max(member."split") FROM "DatasetImage" AS member WHERE member."imageId" = known."imageId") AS "split"
        FROM (SELECT DISTINCT "imageId" FROM changed) AS known
    ) AS held
    WHERE "Image"."id" = held."imageId" AND "Image"."split" IS DISTINCT FROM held."split";
    RETURN NULL;
END $$;
CREATE TRIGGER "DatasetImage_added_splits" AFTER INSERT ON "DatasetImage"
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepImageSplits"();
CREATE TRIGGER "DatasetImage_changed_splits" AFTER UPDATE ON "DatasetImage"
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepImageSplits"();
CREATE TRIGGER "DatasetImage_removed_splits" AFTER DELETE ON "DatasetImage"
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "keepImageSplits"();
