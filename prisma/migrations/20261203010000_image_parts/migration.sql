-- What follows the first megabyte of a photo. Photos that are there already stay whole in their rows.
CREATE TABLE "ImagePart" (
    "imageId" UUID NOT NULL,
    "start" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "ImagePart_pkey" PRIMARY KEY ("imageId", "start"),
    CONSTRAINT "ImagePart_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- Photos are compressed already.
ALTER TABLE "ImagePart" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
