-- What people think of captions that models wrote. The text is kept: a rating is of a sentence, not of a row that may be written anew.
CREATE TABLE "CaptionRating" (
    "id" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "rating" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "CaptionRating_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "CaptionRating_rating_check" CHECK ("rating" BETWEEN 1 AND 5),
    CONSTRAINT "CaptionRating_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "CaptionRating_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "CaptionRating_imageId_modelId_idx" ON "CaptionRating" ("imageId", "modelId");
CREATE INDEX "CaptionRating_modelId_idx" ON "CaptionRating" ("modelId");
