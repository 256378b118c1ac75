-- Captions of any language: searched by their folded words, which the program writes, stemmed as their language is.
CREATE FUNCTION "captionConfiguration"("language" TEXT) RETURNS regconfig LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE split_part(lower("language"), '-', 1)
        WHEN 'ar' THEN 'arabic' WHEN 'da' THEN 'danish' WHEN 'nl' THEN 'dutch' WHEN 'en' THEN 'english' WHEN 'fi' THEN 'finnish'
        WHEN 'fr' THEN 'french' WHEN 'de' THEN 'german' WHEN 'el' THEN 'greek' WHEN 'hu' THEN 'hungarian' WHEN 'id' THEN 'indonesian'
        WHEN 'ga' THEN 'irish' WHEN 'it' THEN 'italian' WHEN 'lt' THEN 'lithuanian' WHEN 'ne' THEN 'nepali'
        WHEN 'no' THEN 'norwegian' WHEN 'nb' THEN 'norwegian' WHEN 'nn' THEN 'norwegian' WHEN 'pt' THEN 'portuguese'
        WHEN 'ro' THEN 'romanian' WHEN 'ru' THEN 'russian' WHEN 'es' THEN 'spanish' WHEN 'sv' THEN 'swedish' WHEN 'ta' THEN 'tamil'
        WHEN 'tr' THEN 'turkish' ELSE 'simple' END::regconfig
$$;

-- The languages that captions have or had, kept as their words are.
CREATE TABLE "CaptionLanguage" (
    "language" TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "CaptionLanguage_pkey" PRIMARY KEY ("language")
);

-- What is null is searched by the text as it is, until the program has folded it.
ALTER TABLE "ReferenceCaption" ADD COLUMN "language" TEXT NOT NULL DEFAULT 'en', ADD COLUMN "searchText" TEXT, DROP COLUMN "search";
ALTER TABLE "GeneratedCaption" ADD COLUMN "language" TEXT NOT NULL DEFAULT 'en', ADD COLUMN "searchText" TEXT, DROP COLUMN "search";

CREATE OR REPLACE FUNCTION "keepCaptionWords"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In their order: two that add the same words at once wait for each other, not in a circle.
    INSERT INTO "CaptionWord"
    SELECT DISTINCT lexeme COLLATE "C" AS word
    FROM added, unnest(to_tsvector('simple'::regconfig, coalesce(added."searchText", lower(added."text"))))
    WHERE length(lexeme) BETWEEN 3 AND 40 AND lexeme !~ '[\u0001-\u0060\u007b-\u007f]' ORDER BY word
    ON CONFLICT DO NOTHING;
    INSERT INTO "CaptionLanguage" SELECT DISTINCT "language" COLLATE "C" AS name FROM added ORDER BY name ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "ReferenceCaption_new_words" AFTER UPDATE ON "ReferenceCaption"
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "keepCaptionWords"();

-- Captions of ASCII alone are folded here, as src/store/caption-words.ts does; the program folds the others when it starts.
UPDATE "ReferenceCaption" SET "searchText" =
    regexp_replace(lower("text"), '(?<![0-9])\.|\.(?![0-9])|(?<![a-z0-9])[-'']|[-''](?![a-z0-9])|[^a-z0-9.''-]', ' ', 'g')
WHERE "text" !~ '[^\u0001-\u007f]';
UPDATE "GeneratedCaption" SET "searchText" =
    regexp_replace(lower("text"), '(?<![0-9])\.|\.(?![0-9])|(?<![a-z0-9])[-'']|[-''](?![a-z0-9])|[^a-z0-9.''-]', ' ', 'g')
WHERE "text" !~ '[^\u0001-\u007f]';
INSERT INTO "CaptionLanguage" SELECT 'en' WHERE EXISTS (SELECT 1 FROM "ReferenceCaption") OR EXISTS (SELECT 1 FROM "GeneratedCaption")
ON CONFLICT DO NOTHING;

-- A text that is changed by one who does not fold it is searched as it is, not by what it was.
CREATE FUNCTION "forgetSearchText"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW."searchText" IS NOT DISTINCT FROM OLD."searchText" THEN NEW."searchText" := NULL; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "ReferenceCaption_search_text" BEFORE UPDATE ON "ReferenceCaption"
    FOR EACH ROW WHEN (OLD."text" IS DISTINCT FROM NEW."text") EXECUTE FUNCTION "forgetSearchText"();
CREATE TRIGGER "GeneratedCaption_search_text" BEFORE UPDATE ON "GeneratedCaption"
    FOR EACH ROW WHEN (OLD."text" IS DISTINCT FROM NEW."text") EXECUTE FUNCTION "forgetSearchText"();

ALTER TABLE "ReferenceCaption" ADD COLUMN "search" tsvector
    GENERATED ALWAYS AS (to_tsvector("captionConfiguration"("language"), coalesce("searchText", lower("text")))) STORED;
ALTER TABLE "GeneratedCaption" ADD COLUMN "search" tsvector
    GENERATED ALWAYS AS (to_tsvector("captionConfiguration"("language"), coalesce("searchText", lower("text")))) STORED;
CREATE INDEX "ReferenceCaption_search_idx" ON "ReferenceCaption" USING gin ("search");
CREATE INDEX "GeneratedCaption_search_idx" ON "GeneratedCaption" USING gin ("search");
-- Prisma's schema language has no partial indexes: these two exist here only.
CREATE INDEX "ReferenceCaption_unfolded_idx" ON "ReferenceCaption" ("id") WHERE "searchText" IS NULL;
CREATE INDEX "GeneratedCaption_unfolded_idx" ON "GeneratedCaption" ("id") WHERE "searchText" IS NULL;
