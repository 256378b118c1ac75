-- Evaluations of before have neither, nor captions.
ALTER TABLE "Evaluation" ADD COLUMN "meteorStem" DOUBLE PRECISION;
ALTER TABLE "Evaluation" ADD COLUMN "details" JSONB;

CREATE TABLE "EvaluatedCaption" (
    "evaluationId" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "bleuCounts" INTEGER[] NOT NULL,
    "cider" DOUBLE PRECISION NOT NULL,
    "rougeL" DOUBLE PRECISION NOT NULL,
    "meteorStem" DOUBLE PRECISION NOT NULL,
    "contentWords" INTEGER NOT NULL,
    CONSTRAINT "EvaluatedCaption_pkey" PRIMARY KEY ("evaluationId", "imageId"),
    CONSTRAINT "EvaluatedCaption_evaluationId_fkey" FOREIGN KEY ("evaluationId") REFERENCES "Evaluation" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "EvaluatedCaption_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "EvaluatedCaption_imageId_idx" ON "EvaluatedCaption" ("imageId");
