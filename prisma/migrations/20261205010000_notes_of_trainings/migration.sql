-- What people should know of what a training learns from, such as photos that are left out.
ALTER TABLE "TrainingJob" ADD COLUMN "notes" TEXT[] NOT NULL DEFAULT '{}';
