-- What people decided about the texts that stand in place of photos. Models write nothing here: what they say is offered
-- from their captions.
CREATE TABLE "ApprovedAltText" (
    "imageId" UUID NOT NULL,
    "language" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "modelId" UUID,
    "modelName" TEXT,
    "byKind" TEXT NOT NULL,
    "byName" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ApprovedAltText_pkey" PRIMARY KEY ("imageId", "language")
);
ALTER TABLE "ApprovedAltText" ADD CONSTRAINT "ApprovedAltText_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id")
    ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "DecorativeImage" (
    "imageId" UUID NOT NULL,
    "byKind" TEXT NOT NULL,
    "byName" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DecorativeImage_pkey" PRIMARY KEY ("imageId")
);
ALTER TABLE "DecorativeImage" ADD CONSTRAINT "DecorativeImage_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id")
    ON DELETE CASCADE ON UPDATE CASCADE;

-- Captions that are not to be offered for a photo again.
CREATE TABLE "RejectedAltText" (
    "id" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "caption" TEXT NOT NULL,

    CONSTRAINT "RejectedAltText_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "RejectedAltText_imageId_idx" ON "RejectedAltText"("imageId");
ALTER TABLE "RejectedAltText" ADD CONSTRAINT "RejectedAltText_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id")
    ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "AltTextEvent" (
    "id" UUID NOT NULL,
    "actionId" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "language" TEXT,
    "kind" TEXT NOT NULL,
    "text" TEXT,
    "origin" TEXT,
    "modelId" UUID,
    "modelName" TEXT,
    "byKind" TEXT NOT NULL,
    "byName" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "before" JSONB NOT NULL,
    "undoes" UUID,

    CONSTRAINT "AltTextEvent_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AltTextEvent_imageId_number_idx" ON "AltTextEvent"("imageId", "number");
CREATE INDEX "AltTextEvent_actionId_idx" ON "AltTextEvent"("actionId");
ALTER TABLE "AltTextEvent" ADD CONSTRAINT "AltTextEvent_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id")
    ON DELETE CASCADE ON UPDATE CASCADE;

-- How often sites asked for a photo's text.
CREATE TABLE "AltTextView" (
    "imageId" UUID NOT NULL,
    "count" BIGINT NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AltTextView_pkey" PRIMARY KEY ("imageId")
);
CREATE INDEX "AltTextView_count_idx" ON "AltTextView"("count");
ALTER TABLE "AltTextView" ADD CONSTRAINT "AltTextView_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id")
    ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TRIGGER "ApprovedAltText_kept" AFTER DELETE ON "ApprovedAltText" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "DecorativeImage_kept" AFTER DELETE ON "DecorativeImage" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "RejectedAltText_kept" AFTER DELETE ON "RejectedAltText" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "AltTextEvent_kept" AFTER DELETE ON "AltTextEvent" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
CREATE TRIGGER "AltTextView_kept" AFTER DELETE ON "AltTextView" FOR EACH ROW EXECUTE FUNCTION "keepDeletedRow"();
