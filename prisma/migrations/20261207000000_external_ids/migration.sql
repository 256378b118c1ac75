-- What another program calls a photo.
ALTER TABLE "Image" ADD COLUMN "externalId" TEXT;
CREATE UNIQUE INDEX "Image_externalId_key" ON "Image"("externalId");
ALTER TABLE "Image" ADD CONSTRAINT "Image_externalId_check" CHECK (length("externalId") BETWEEN 1 AND 255);
