"""Recomputes test/evaluation/fixtures/captions.json with the reference implementations.

    python3 -m venv .venv && .venv/bin/pip install -r bench/metrics/requirements.txt
    .venv/bin/python bench/metrics/recompute.py [CORPUS.json] > test/evaluation/fixtures/captions.json

CORPUS.json is a list of {"candidate", "references"}; without it the corpus that the fixture holds already is taken.
Every candidate has at least four words: for shorter ones NLTK counts one 4-gram that is not there, and sacreBLEU none.
"""
import json
import sys
from importlib.metadata import version
from pathlib import Path

from nltk.translate.bleu_score import corpus_bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from sacrebleu.metrics import BLEU

FIXTURE = Path(__file__).parents[2] / "test/evaluation/fixtures/captions.json"


def main() -> None:
    if len(sys.argv) > 1:
        corpus = json.loads(Path(sys.argv[1]).read_text())
    else:
        corpus = json.loads(FIXTURE.read_text())["corpus"]
    candidates = [entry["candidate"] for entry in corpus]
    references = [entry["references"] for entry in corpus]
    tokens = [[reference.split() for reference in own] for own in references]
    words = [candidate.split() for candidate in candidates]

    nltk = [corpus_bleu(tokens, words, weights=[1 / n] * n) for n in range(1, 5)]
    most = max(len(own) for own in references)
    streams = [[own[i] if i < len(own) else None for own in references] for i in range(most)]
    sacre = [
        BLEU(tokenize="none", smooth_method="none", max_ngram_order=n, force=True).corpus_score(candidates, streams).score / 100
        for n in range(1, 5)
    ]
    gts = {i: own for i, own in enumerate(references)}
    res = {i: [candidate] for i, candidate in enumerate(candidates)}
    cider, cider_each = Cider().compute_score(gts, res)
    rouge, rouge_each = Rouge().compute_score(gts, res)
    json.dump(
        {
            "versions": {name: version(name) for name in ("nltk", "sacrebleu", "pycocoevalcap")},
            "nltk": {"bleu": nltk},
            "sacrebleu": {"bleu": sacre},
            "pycocoevalcap": {
                "cider": float(cider),
                "ciderPerImage": [float(value) for value in cider_each],
                "rougeL": float(rouge),
                "rougeLPerImage": [float(value) for value in rouge_each],
            },
            "corpus": corpus,
        },
        sys.stdout,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()
