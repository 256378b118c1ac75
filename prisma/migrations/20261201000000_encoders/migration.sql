-- Vectors of any encoder and search model: each has a length of its own, and with it an HNSW index of its own, as an index holds
-- vectors of one length. The program makes it when the first vector comes; src/store/vector-index.ts says of which type.
DROP INDEX "ImageFeature_vector_idx";
DROP INDEX "ImageEmbedding_vector_idx";
ALTER TABLE "ImageFeature" ALTER COLUMN "vector" TYPE vector;
ALTER TABLE "ImageEmbedding" ALTER COLUMN "vector" TYPE vector;

CREATE FUNCTION "vectorIndexName"("table" TEXT, "owner" TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT "table" || '_' || left(md5("owner"), 16) || '_idx'
$$;

-- "column" says whose a vector is; "type" is such as vector(512).
CREATE FUNCTION "createVectorIndex"("table" TEXT, "column" TEXT, "owner" TEXT, "type" TEXT) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    index TEXT := "vectorIndexName"("table", "owner");
BEGIN
    IF to_regclass(quote_ident(index)) IS NOT NULL THEN RETURN; END IF;
    -- Several processes may meet a new encoder at once; who waited finds the index made.
    PERFORM pg_advisory_xact_lock(hashtext('createVectorIndex'));
    -- A graph that fits into memory is built many times faster: 1 GB holds that of 370,000 vectors of 512 numbers.
    IF pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('1GB') THEN
        PERFORM set_config('maintenance_work_mem', '1GB', true);
    END IF;
    -- Several processes would have all of that memory in /dev/shm, where Docker gives 64 MB, and fail.
    PERFORM set_config('max_parallel_maintenance_workers', '0', true);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I USING hnsw (("vector"::%s) %s_cosine_ops) WHERE %I = %L',
        index, "table", "type", split_part("type", '(', 1), "column", "owner");
END $$;

DO $$
DECLARE
    owners TEXT[];
    owner TEXT;
BEGIN
    owners := ARRAY(SELECT DISTINCT "encoder" FROM "ImageFeature");
    FOREACH owner IN ARRAY owners LOOP PERFORM "createVectorIndex"('ImageFeature', 'encoder', owner, 'vector(512)'); END LOOP;
    owners := ARRAY(SELECT DISTINCT "modelId"::text FROM "ImageEmbedding");
    FOREACH owner IN ARRAY owners LOOP PERFORM "createVectorIndex"('ImageEmbedding', 'modelId', owner, 'vector(512)'); END LOOP;
END $$;
