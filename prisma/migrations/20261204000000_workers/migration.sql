-- Which processes live now. Unlogged: it is true of this moment only, so no log of changes, no export and, after a crash of
-- the database, no row of it is wanted.
CREATE UNLOGGED TABLE "Worker" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "serves" BOOLEAN NOT NULL,
    "queues" TEXT[] NOT NULL,
    "encoder" TEXT,
    "device" TEXT NOT NULL,
    "entries" UUID[] NOT NULL,
    "leaseSeconds" INTEGER NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeatAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Worker_pkey" PRIMARY KEY ("id")
);

-- The request that began a job, by which its lines of the log are found.
ALTER TABLE "Job" ADD COLUMN "requestId" TEXT;
ALTER TABLE "TrainingJob" ADD COLUMN "requestId" TEXT;
