-- Programs of others that are told of events, what they are yet to be told of, and what they were told.
CREATE TYPE "WebhookDeliveryState" AS ENUM ('WAITING', 'DELIVERED', 'FAILED');

CREATE TABLE "Webhook" (
    "id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "events" TEXT[] NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "secret" TEXT NOT NULL,
    "earlierSecret" TEXT,
    "earlierSecretUntil" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failingSince" TIMESTAMPTZ(3),
    "restsUntil" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Webhook_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "WebhookEvent" (
    "id" BIGSERIAL NOT NULL,
    "webhookId" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "item" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "WebhookEvent_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "WebhookEvent_webhookId_fkey" FOREIGN KEY ("webhookId") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "WebhookEvent_webhookId_id_idx" ON "WebhookEvent"("webhookId", "id");

CREATE TABLE "WebhookDelivery" (
    "id" UUID NOT NULL,
    "webhookId" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "state" "WebhookDeliveryState" NOT NULL DEFAULT 'WAITING',
    "failures" INTEGER NOT NULL DEFAULT 0,
    "dueAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "claimedUntil" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "WebhookDelivery_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "WebhookDelivery_webhookId_fkey" FOREIGN KEY ("webhookId") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "WebhookDelivery_webhookId_state_dueAt_idx" ON "WebhookDelivery"("webhookId", "state", "dueAt");
CREATE INDEX "WebhookDelivery_createdAt_idx" ON "WebhookDelivery"("createdAt");

CREATE TABLE "WebhookAttempt" (
    "deliveryId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "milliseconds" INTEGER NOT NULL,
    "status" INTEGER,
    "answer" TEXT NOT NULL,
    "error" TEXT,

    CONSTRAINT "WebhookAttempt_pkey" PRIMARY KEY ("deliveryId", "number"),
    CONSTRAINT "WebhookAttempt_deliveryId_fkey" FOREIGN KEY ("deliveryId") REFERENCES "WebhookDelivery"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- Notes an event for every webhook that is told of its kind now, in the transaction that makes it true. What is put back
-- from the trash was told of before.
CREATE FUNCTION "tellWebhooks"(kind TEXT, told JSONB) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('ekphrasis.restoring', true), '') <> '' THEN
        RETURN;
    END IF;
    INSERT INTO "WebhookEvent" ("webhookId", "type", "item")
    SELECT "id", kind, told FROM "Webhook" WHERE "enabled" AND kind = ANY ("events");
    IF FOUND THEN
        PERFORM pg_notify('ekphrasis_webhooks', '');
    END IF;
END $$;

CREATE FUNCTION "tellOfCaption"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM "Webhook") THEN
        PERFORM "tellWebhooks"('caption.written', jsonb_build_object(
            'captionId', NEW."id", 'imageId', NEW."imageId",
            'sha256', (SELECT "sha256" FROM "Image" WHERE "id" = NEW."imageId"),
            'modelId', NEW."modelId", 'text', NEW."text", 'language', NEW."language", 'writtenAt', NEW."createdAt"));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "GeneratedCaption_told" AFTER INSERT OR UPDATE OF "text" ON "GeneratedCaption"
    FOR EACH ROW EXECUTE FUNCTION "tellOfCaption"();

CREATE FUNCTION "tellOfJob"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM "tellWebhooks"('job.ended', jsonb_build_object(
        'jobId', NEW."id", 'kind', NEW."kind", 'state', NEW."state", 'errorCode', NEW."errorCode",
        'done', NEW."done", 'total', NEW."total", 'failed', NEW."failed", 'endedAt', coalesce(NEW."finishedAt", now())));
    RETURN NULL;
END $$;
CREATE TRIGGER "Job_told" AFTER UPDATE OF "state" ON "Job" FOR EACH ROW
    WHEN (NEW."state" IN ('SUCCEEDED', 'FAILED', 'CANCELLED') AND OLD."state" <> NEW."state")
    EXECUTE FUNCTION "tellOfJob"();

CREATE FUNCTION "tellOfTraining"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM "tellWebhooks"('job.ended', jsonb_build_object(
        'jobId', NEW."id", 'kind', 'train', 'state', NEW."state", 'errorCode', NEW."errorCode",
        'done', NULL, 'total', NULL, 'failed', NULL, 'endedAt', coalesce(NEW."finishedAt", now())));
    RETURN NULL;
END $$;
CREATE TRIGGER "TrainingJob_told" AFTER UPDATE OF "state" ON "TrainingJob" FOR EACH ROW
    WHEN (NEW."state" IN ('SUCCEEDED', 'FAILED', 'CANCELLED') AND OLD."state" <> NEW."state")
    EXECUTE FUNCTION "tellOfTraining"();

CREATE FUNCTION "tellOfModel"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM "tellWebhooks"('model.switched', jsonb_build_object(
        'modelId', NEW."id", 'name', NEW."name", 'task', NEW."task", 'switchedAt', now()));
    RETURN NULL;
END $$;
CREATE TRIGGER "Model_told" AFTER UPDATE OF "current" ON "Model" FOR EACH ROW
    WHEN (NEW."current" AND NOT OLD."current") EXECUTE FUNCTION "tellOfModel"();
