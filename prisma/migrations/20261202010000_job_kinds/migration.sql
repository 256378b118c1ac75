-- The kinds of jobs are those of the program's table: another one needs no other type.
ALTER TABLE "Job" ALTER COLUMN "kind" TYPE TEXT USING "kind"::TEXT;
DROP TYPE "JobKind";
