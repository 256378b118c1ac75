-- Folders of photos that stay where they are: the database has what is known of their files, not their bytes.
CREATE TABLE "Library" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "root" TEXT NOT NULL,
    "within" TEXT,
    "excluded" TEXT[] NOT NULL,
    "watch" BOOLEAN NOT NULL DEFAULT false,
    "poll" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "scannedAt" TIMESTAMPTZ(3),
    "device" TEXT,
    "lastScan" JSONB,
    CONSTRAINT "Library_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Library_root_key" ON "Library" ("root");

-- Paths in the order of their bytes: what lies below a folder lies together, whatever the language of the database.
CREATE TABLE "LibraryFile" (
    "libraryId" UUID NOT NULL,
    "path" TEXT COLLATE "C" NOT NULL,
    "location" BYTEA,
    "size" BIGINT NOT NULL,
    "modified" BIGINT,
    "sidecars" TEXT NOT NULL DEFAULT '',
    "imageId" UUID,
    "pixels" CHAR(64),
    "missingSince" TIMESTAMPTZ(3),
    "problem" TEXT,
    CONSTRAINT "LibraryFile_pkey" PRIMARY KEY ("libraryId", "path"),
    CONSTRAINT "LibraryFile_libraryId_fkey" FOREIGN KEY ("libraryId") REFERENCES "Library" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "LibraryFile_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX "LibraryFile_imageId_idx" ON "LibraryFile" ("imageId");
CREATE INDEX "LibraryFile_path_idx" ON "LibraryFile" ("path");
