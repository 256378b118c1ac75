-- Photos that were sent to be captioned, from the moment they are stored until there is a caption: a process that ends in
-- between leaves the row, by which others find the photo.
CREATE TABLE "OwedCaption" (
    "imageId" UUID NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "jobId" UUID,

    CONSTRAINT "OwedCaption_pkey" PRIMARY KEY ("imageId")
);

CREATE INDEX "OwedCaption_jobId_idx" ON "OwedCaption"("jobId");

ALTER TABLE "OwedCaption" ADD CONSTRAINT "OwedCaption_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id")
    ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "OwedCaption" ADD CONSTRAINT "OwedCaption_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id")
    ON DELETE SET NULL ON UPDATE CASCADE;

-- Whoever writes the caption: it and the row go in one statement.
CREATE FUNCTION "settleOwedCaptions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "OwedCaption" USING added WHERE "OwedCaption"."imageId" = added."imageId";
    RETURN NULL;
END $$;
CREATE TRIGGER "GeneratedCaption_settles" AFTER INSERT ON "GeneratedCaption"
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "settleOwedCaptions"();
