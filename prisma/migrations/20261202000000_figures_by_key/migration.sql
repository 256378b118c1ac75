-- Figures and scores by the keys of their metrics, so that another metric needs no other table.
ALTER TABLE "Evaluation" ADD COLUMN "figures" JSONB;
UPDATE "Evaluation" SET
    "figures" = jsonb_strip_nulls(jsonb_build_object(
        'bleu1', "bleu"[1], 'bleu2', "bleu"[2], 'bleu3', "bleu"[3], 'bleu4', "bleu"[4], 'cider', "cider", 'rougeL', "rougeL", 'meteorStem', "meteorStem"
    )),
    "details" = CASE
        WHEN jsonb_typeof("details" -> 'ceiling') = 'object' THEN jsonb_set("details", '{ceiling}', ("details" -> 'ceiling') - 'bleu' - 'brevityPenalty' || jsonb_build_object(
            'bleu1', "details" #> '{ceiling,bleu,0}', 'bleu2', "details" #> '{ceiling,bleu,1}', 'bleu3', "details" #> '{ceiling,bleu,2}', 'bleu4', "details" #> '{ceiling,bleu,3}'
        ))
        ELSE "details"
    END;
ALTER TABLE "Evaluation" ALTER COLUMN "figures" SET NOT NULL;
ALTER TABLE "Evaluation" DROP COLUMN "bleu", DROP COLUMN "cider", DROP COLUMN "rougeL", DROP COLUMN "meteorStem";

ALTER TABLE "EvaluatedCaption" ADD COLUMN "scores" JSONB;
UPDATE "EvaluatedCaption" SET "scores" = jsonb_build_object(
    'bleu', to_jsonb("bleuCounts"), 'cider', jsonb_build_array("cider"), 'rougeL', jsonb_build_array("rougeL"), 'meteorStem', jsonb_build_array("meteorStem")
);
ALTER TABLE "EvaluatedCaption" ALTER COLUMN "scores" SET NOT NULL;
ALTER TABLE "EvaluatedCaption" DROP COLUMN "bleuCounts", DROP COLUMN "cider", DROP COLUMN "rougeL", DROP COLUMN "meteorStem";
