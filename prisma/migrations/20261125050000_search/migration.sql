-- Every word that a caption has or had, for searches that misspell one. Words stay when their last caption goes: who takes one
-- from here looks whether it is found.
CREATE TABLE "CaptionWord" (
    "word" TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "CaptionWord_pkey" PRIMARY KEY ("word")
);
CREATE FUNCTION "keepCaptionWords"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In their order: two that add the same words at once wait for each other, not in a circle.
    INSERT INTO "CaptionWord"
    SELECT DISTINCT lexeme COLLATE "C" AS word FROM added, unnest(to_tsvector('simple'::regconfig, added."text"))
    WHERE lexeme ~ '^[a-z]{3,40}$' ORDER BY word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "ReferenceCaption_words" AFTER INSERT ON "ReferenceCaption"
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "keepCaptionWords"();
CREATE TRIGGER "GeneratedCaption_words" AFTER INSERT ON "GeneratedCaption"
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "keepCaptionWords"();
CREATE TRIGGER "GeneratedCaption_new_words" AFTER UPDATE ON "GeneratedCaption"
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "keepCaptionWords"();
INSERT INTO "CaptionWord"
SELECT DISTINCT lexeme COLLATE "C"
FROM (SELECT "text" FROM "ReferenceCaption" UNION ALL SELECT "text" FROM "GeneratedCaption") AS captions,
    unnest(to_tsvector('simple'::regconfig, captions."text"))
WHERE lexeme ~ '^[a-z]{3,40}$';

CREATE INDEX "Image_createdAt_idx" ON "Image" ("createdAt");

-- Models that caption, and models that search; one of each is current.
CREATE TYPE "ModelTask" AS ENUM ('CAPTION', 'SEARCH');
ALTER TABLE "Model" ADD COLUMN "task" "ModelTask" NOT NULL DEFAULT 'CAPTION';
DROP INDEX "Model_current_key";
CREATE UNIQUE INDEX "Model_current_key" ON "Model" ("task") WHERE "current";

-- Where a search model sees an image, in the space it shares with sentences.
CREATE TABLE "ImageEmbedding" (
    "imageId" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "vector" vector(512) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "ImageEmbedding_pkey" PRIMARY KEY ("imageId", "modelId"),
    CONSTRAINT "ImageEmbedding_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "ImageEmbedding_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "ImageEmbedding_modelId_idx" ON "ImageEmbedding" ("modelId");
CREATE INDEX "ImageEmbedding_vector_idx" ON "ImageEmbedding" USING hnsw ("vector" vector_cosine_ops);

-- Whose features answer searches by likeness: of the encoders that have seen photos one, until another has seen them all.
CREATE TABLE "AnsweringEncoder" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "encoder" TEXT NOT NULL,
    CONSTRAINT "AnsweringEncoder_pkey" PRIMARY KEY ("only"),
    CONSTRAINT "AnsweringEncoder_only_check" CHECK ("only")
);
INSERT INTO "AnsweringEncoder" ("encoder")
SELECT "encoder" FROM "ImageFeature" GROUP BY "encoder" ORDER BY count(*) DESC, "encoder" LIMIT 1;
