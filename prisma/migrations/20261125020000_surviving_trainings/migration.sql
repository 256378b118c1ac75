-- A training can be paused, and goes on later.
ALTER TYPE "TrainingState" ADD VALUE 'PAUSED' AFTER 'RUNNING';
-- Attempts in a row, the one that runs among them, that finished no epoch.
ALTER TABLE "TrainingJob" ADD COLUMN "fruitlessAttempts" INTEGER NOT NULL DEFAULT 0;
-- Where an epoch's checkpoint lies follows from its number; a path meant something on one machine alone.
ALTER TABLE "TrainingEpoch" DROP COLUMN "checkpoint";

-- The files from which another machine goes on with a training, in parts.
CREATE TABLE "TrainingFile" (
    "jobId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    CONSTRAINT "TrainingFile_pkey" PRIMARY KEY ("jobId", "name", "part"),
    CONSTRAINT "TrainingFile_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "TrainingJob" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
-- Floats hardly compress.
ALTER TABLE "TrainingFile" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
