-- What a person deleted: its rows, until they are restored or deleted for good.
CREATE TABLE "TrashEntry" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "deletedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TrashEntry_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "TrashEntry_deletedAt_idx" ON "TrashEntry"("deletedAt");

CREATE TABLE "TrashRow" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "entryId" UUID NOT NULL,
    "table" TEXT NOT NULL,
    "row" JSONB NOT NULL,
    "bytes" BYTEA,

    CONSTRAINT "TrashRow_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "TrashRow_entryId_fkey" FOREIGN KEY ("entryId") REFERENCES "TrashEntry"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "TrashRow_entryId_table_idx" ON "TrashRow"("entryId", "table");
ALTER TABLE "TrashRow" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;

-- Keeps a row that is deleted, by a cascade too, where the transaction names an entry of the trash. The bytes of photos
-- and models stay bytes, as JSON they would be twice as long.
CREATE FUNCTION "keepDeletedRow"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry TEXT := current_setting('ekphrasis.trash', true);
    large BYTEA;
BEGIN
    IF coalesce(entry, '') = '' THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME IN ('Image', 'ImagePart') THEN
        large := OLD."bytes";
        OLD."bytes" := '';
    ELSIF TG_TABLE_NAME = 'Model' THEN
        large := OLD."checkpoint";
        OLD."checkpoint" := '';
    END IF;
    INSERT INTO "TrashRow" ("entryId", "table", "row", "bytes")
    VALUES (entry::uuid, TG_TABLE_NAME, to_jsonb(OLD) - 'search', large);
    RETURN NULL;
END $$;

CREATE TRIGGER "Image_kept" AFTER DELETE ON "Image" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "ImagePart_kept" AFTER DELETE ON "ImagePart" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "ImageFeature_kept" AFTER DELETE ON "ImageFeature" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "ImageEmbedding_kept" AFTER DELETE ON "ImageEmbedding" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "Dataset_kept" AFTER DELETE ON "Dataset" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "DatasetImage_kept" AFTER DELETE ON "DatasetImage" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "ReferenceCaption_kept" AFTER DELETE ON "ReferenceCaption" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "GeneratedCaption_kept" AFTER DELETE ON "GeneratedCaption" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "CaptionRating_kept" AFTER DELETE ON "CaptionRating" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "Model_kept" AFTER DELETE ON "Model" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "Evaluation_kept" AFTER DELETE ON "Evaluation" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "EvaluatedCaption_kept" AFTER DELETE ON "EvaluatedCaption" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "FileMetadata_kept" AFTER DELETE ON "FileMetadata" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "FileText_kept" AFTER DELETE ON "FileText" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "WrittenFile_kept" AFTER DELETE ON "WrittenFile" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "Library_kept" AFTER DELETE ON "Library" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "LibraryFile_kept" AFTER DELETE ON "LibraryFile" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
-- The file of a photo that is deleted stays known, so that no scan brings it back.
CREATE TRIGGER "LibraryFile_kept_link" AFTER UPDATE OF "imageId" ON "LibraryFile" FOR EACH ROW
    WHEN (OLD."imageId" IS NOT NULL AND NEW."imageId" IS NULL) EXECUTE FUNCTION "keepDeletedRow"();
