-- What photos' files say of themselves.
CREATE TABLE "FileMetadata" (
    "imageId" UUID NOT NULL,
    "takenAt" TIMESTAMPTZ(3),
    "takenOffset" INTEGER,
    "camera" TEXT,
    "lens" TEXT,
    "orientation" INTEGER,
    "title" TEXT,
    "keywords" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "foldedKeywords" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "rating" INTEGER,
    "readAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "FileMetadata_pkey" PRIMARY KEY ("imageId"),
    CONSTRAINT "FileMetadata_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "FileMetadata_takenAt_imageId_idx" ON "FileMetadata" ("takenAt", "imageId");
CREATE INDEX "FileMetadata_foldedKeywords_idx" ON "FileMetadata" USING gin ("foldedKeywords");
CREATE INDEX "FileMetadata_rating_idx" ON "FileMetadata" ("rating");

-- Their words. They are no reference captions: nothing trains on them or is measured by them.
CREATE TABLE "FileText" (
    "imageId" UUID NOT NULL,
    "field" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "languageTag" TEXT,
    "language" TEXT NOT NULL DEFAULT 'en',
    "searchText" TEXT,
    "search" tsvector GENERATED ALWAYS AS (to_tsvector("captionConfiguration"("language"), coalesce("searchText", lower("text")))) STORED,

    CONSTRAINT "FileText_pkey" PRIMARY KEY ("imageId", "field", "position"),
    CONSTRAINT "FileText_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "FileText_search_idx" ON "FileText" USING gin ("search");
CREATE TRIGGER "FileText_words" AFTER INSERT ON "FileText"
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "keepCaptionWords"();

-- Files that were written back, by their bytes afterwards: a photo into which its caption was written is the same photo.
CREATE TABLE "WrittenFile" (
    "path" TEXT NOT NULL,
    "sha256" CHAR(64) NOT NULL,
    "imageId" UUID NOT NULL,
    "embedded" BOOLEAN NOT NULL,
    "writtenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "WrittenFile_pkey" PRIMARY KEY ("path", "sha256"),
    CONSTRAINT "WrittenFile_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "WrittenFile_sha256_idx" ON "WrittenFile" ("sha256");
CREATE INDEX "WrittenFile_imageId_idx" ON "WrittenFile" ("imageId");

-- People's captions have a third source, people/adopted: whatever begins with people/ is of no data set.
ALTER TABLE "ReferenceCaption" DROP COLUMN "datasetId";
ALTER TABLE "ReferenceCaption" ADD COLUMN "datasetId" UUID
    GENERATED ALWAYS AS (CASE WHEN "source" LIKE 'people/%' THEN NULL ELSE "source"::uuid END) STORED;
ALTER TABLE "ReferenceCaption" ADD CONSTRAINT "ReferenceCaption_datasetId_fkey"
    FOREIGN KEY ("datasetId") REFERENCES "Dataset" ("id") ON DELETE CASCADE;
CREATE INDEX "ReferenceCaption_datasetId_idx" ON "ReferenceCaption" ("datasetId");
