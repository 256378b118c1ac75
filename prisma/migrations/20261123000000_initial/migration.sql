CREATE EXTENSION IF NOT EXISTS vector;

CREATE TYPE "Split" AS ENUM ('train', 'dev', 'test');
CREATE TYPE "TrainingState" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

CREATE TABLE "Image" (
    "id" UUID NOT NULL,
    "sha256" CHAR(64) NOT NULL,
    "mediaType" TEXT NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "byteSize" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    "name" TEXT NOT NULL,
    "dataset" TEXT,
    "split" "Split",
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Image_pkey" PRIMARY KEY ("id")
);
-- Photos are compressed already.
ALTER TABLE "Image" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX "Image_sha256_key" ON "Image" ("sha256");
CREATE INDEX "Image_split_id_idx" ON "Image" ("split", "id");
CREATE INDEX "Image_dataset_name_idx" ON "Image" ("dataset", "name");

CREATE TABLE "ReferenceCaption" (
    "id" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "search" tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, "text")) STORED,
    CONSTRAINT "ReferenceCaption_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ReferenceCaption_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "ReferenceCaption_imageId_source_position_key" ON "ReferenceCaption" ("imageId", "source", "position");
CREATE INDEX "ReferenceCaption_search_idx" ON "ReferenceCaption" USING gin ("search");

CREATE TABLE "TrainingJob" (
    "id" UUID NOT NULL,
    "state" "TrainingState" NOT NULL DEFAULT 'QUEUED',
    "settings" JSONB NOT NULL,
    "seed" INTEGER NOT NULL,
    "engine" TEXT NOT NULL,
    "device" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "started" JSONB,
    "progress" JSONB,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "heartbeatAt" TIMESTAMPTZ(3),
    CONSTRAINT "TrainingJob_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "TrainingJob_state_id_idx" ON "TrainingJob" ("state", "id");

CREATE TABLE "TrainingEpoch" (
    "jobId" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "loss" DOUBLE PRECISION NOT NULL,
    "learningRate" DOUBLE PRECISION NOT NULL,
    "seconds" DOUBLE PRECISION NOT NULL,
    "validationSeconds" DOUBLE PRECISION NOT NULL,
    "imagesPerSecond" DOUBLE PRECISION NOT NULL,
    "secondsLeft" DOUBLE PRECISION NOT NULL,
    "bleu1" DOUBLE PRECISION NOT NULL,
    "bleu2" DOUBLE PRECISION NOT NULL,
    "bleu3" DOUBLE PRECISION NOT NULL,
    "bleu4" DOUBLE PRECISION NOT NULL,
    "cider" DOUBLE PRECISION NOT NULL,
    "best" BOOLEAN NOT NULL,
    "checkpoint" TEXT NOT NULL,
    "samples" JSONB NOT NULL DEFAULT '[]',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "TrainingEpoch_pkey" PRIMARY KEY ("jobId", "epoch"),
    CONSTRAINT "TrainingEpoch_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "TrainingJob" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "Model" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "encoder" TEXT NOT NULL,
    "compatibleEncoders" TEXT[] NOT NULL DEFAULT '{}',
    "settings" JSONB NOT NULL,
    "checkpointPath" TEXT NOT NULL,
    "checkpointSha256" CHAR(64) NOT NULL,
    "figures" JSONB,
    "shipped" BOOLEAN NOT NULL DEFAULT false,
    "current" BOOLEAN NOT NULL DEFAULT false,
    "trainingJobId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Model_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Model_trainingJobId_fkey"
        FOREIGN KEY ("trainingJobId") REFERENCES "TrainingJob" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "Model_trainingJobId_key" ON "Model" ("trainingJobId");
-- Prisma's schema language has no partial indexes: these two exist here only.
CREATE UNIQUE INDEX "Model_current_key" ON "Model" ("current") WHERE "current";
CREATE UNIQUE INDEX "Model_shipped_checkpoint_key" ON "Model" ("checkpointSha256") WHERE "shipped";

CREATE TABLE "GeneratedCaption" (
    "id" UUID NOT NULL,
    "imageId" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "words" JSONB NOT NULL,
    "logProbability" DOUBLE PRECISION NOT NULL,
    "attention" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "search" tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, "text")) STORED,
    CONSTRAINT "GeneratedCaption_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "GeneratedCaption_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "GeneratedCaption_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "GeneratedCaption_imageId_modelId_key" ON "GeneratedCaption" ("imageId", "modelId");
CREATE INDEX "GeneratedCaption_modelId_idx" ON "GeneratedCaption" ("modelId");
CREATE INDEX "GeneratedCaption_search_idx" ON "GeneratedCaption" USING gin ("search");

CREATE TABLE "ImageFeature" (
    "imageId" UUID NOT NULL,
    "encoder" TEXT NOT NULL,
    "vector" vector(512) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "ImageFeature_pkey" PRIMARY KEY ("imageId", "encoder"),
    CONSTRAINT "ImageFeature_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
-- Nor has it HNSW.
CREATE INDEX "ImageFeature_vector_idx" ON "ImageFeature" USING hnsw ("vector" vector_cosine_ops);

CREATE TABLE "Evaluation" (
    "id" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "split" "Split" NOT NULL,
    "images" INTEGER NOT NULL,
    "bleu" DOUBLE PRECISION[] NOT NULL,
    "brevityPenalty" DOUBLE PRECISION NOT NULL,
    "cider" DOUBLE PRECISION NOT NULL,
    "rougeL" DOUBLE PRECISION NOT NULL,
    "signature" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Evaluation_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Evaluation_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "Evaluation_modelId_split_id_idx" ON "Evaluation" ("modelId", "split", "id");
