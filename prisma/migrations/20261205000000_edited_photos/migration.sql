-- The bytes that a photo came with, where its file was edited in place since: whether it is held out never changes.
ALTER TABLE "Image" ADD COLUMN "originalSha256" CHAR(64);
