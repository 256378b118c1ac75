"""What pycocoevalcap finds: the words of captions, and the figures of COCO's results against COCO's annotations. It needs Java.

    python score.py words TEXTS.json                    # a list of texts; writes their words
    python score.py figures REFERENCES.json RESULTS.json
"""
import contextlib, json, sys
from pathlib import Path

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
from pycocotools.coco import COCO

def words(path):
    texts = json.loads(Path(path).read_text())
    found = PTBTokenizer().tokenize({number: [{"caption": text}] for number, text in enumerate(texts)})
    return [found[number][0] for number in range(len(texts))]

def figures(references, results):
    given = COCO(references)
    written = given.loadRes(results)
    ids = written.getImgIds()
    tokenizer = PTBTokenizer()
    truth = tokenizer.tokenize({one: given.imgToAnns[one] for one in ids})
    said = tokenizer.tokenize({one: written.imgToAnns[one] for one in ids})
    return {
        "bleu": Bleu(4).compute_score(truth, said, verbose=0)[0],
        "cider": float(Cider().compute_score(truth, said)[0]),
        "rougeL": float(Rouge().compute_score(truth, said)[0]),
        "images": len(ids),
    }

with contextlib.redirect_stdout(sys.stderr):
    made = words(*sys.argv[2:]) if sys.argv[1] == "words" else figures(*sys.argv[2:])
json.dump(made, sys.stdout)
