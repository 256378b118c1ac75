CREATE TYPE "JobKind" AS ENUM ('import', 'embed', 'caption', 'evaluate', 'reindex');
CREATE TYPE "JobState" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');
CREATE TYPE "JobPartState" AS ENUM ('WAITING', 'DONE', 'FAILED');

CREATE TABLE "Job" (
    "id" UUID NOT NULL,
    "kind" "JobKind" NOT NULL,
    "state" "JobState" NOT NULL DEFAULT 'QUEUED',
    "settings" JSONB NOT NULL,
    "total" INTEGER,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "result" JSONB,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    CONSTRAINT "Job_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Job_state_id_idx" ON "Job" ("state", "id");

CREATE TABLE "JobPart" (
    "id" UUID NOT NULL,
    "jobId" UUID NOT NULL,
    "part" INTEGER NOT NULL,
    "imageIds" UUID[] NOT NULL,
    "state" "JobPartState" NOT NULL DEFAULT 'WAITING',
    "errorCode" TEXT,
    "errorMessage" TEXT,
    CONSTRAINT "JobPart_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "JobPart_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "JobPart_jobId_part_key" ON "JobPart" ("jobId", "part");
