"""Recomputes the figures that our metrics are compared with, by the reference implementations.

    python3 -m venv .venv && .venv/bin/pip install -r bench/metrics/requirements.txt
    .venv/bin/python bench/metrics/recompute.py > test/metrics/fixtures/captions.json

takes the corpus that the fixture holds already, or with CORPUS.json a list of {"candidate", "references", "rating"?}. Every candidate
has at least four words: for shorter ones NLTK counts one 4-gram that is not there, and sacreBLEU none. For captions of a data set,
which are not kept here, --figures leaves the corpus out and all but the first 40 images' own figures (see run.ts):

    .venv/bin/python bench/metrics/recompute.py CORPUS.json --figures > bench/metrics/flickr8k-dev.json
"""
import json
import sys
from importlib.metadata import version
from pathlib import Path

from nltk.stem.porter import PorterStemmer
from nltk.translate.bleu_score import corpus_bleu
from nltk.translate.meteor_score import meteor_score
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from sacrebleu.metrics import BLEU
from scipy.stats import kendalltau, spearmanr

FIXTURE = Path(__file__).parents[2] / "test/metrics/fixtures/captions.json"
KEPT = 40
RESAMPLES = 4000


class NoSynonyms:
    """Stands where METEOR looks for WordNet."""

    def synsets(self, word: str) -> list:
        return []


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--figures"]
    if arguments:
        corpus = json.loads(Path(arguments[0]).read_text())
    else:
        corpus = json.loads(FIXTURE.read_text())["corpus"]
    candidates = [entry["candidate"] for entry in corpus]
    references = [entry["references"] for entry in corpus]
    figures = compute(candidates, references)
    ratings = [entry.get("rating") for entry in corpus]
    if all(rating is not None for rating in ratings):
        cider = figures["pycocoevalcap"]["ciderPerImage"]
        figures["scipy"] = {
            "spearman": float(spearmanr(cider, ratings).statistic),
            "kendall": float(kendalltau(cider, ratings).statistic),
        }
    if "--figures" in sys.argv:
        figures = {name: {key: shorten(value) for key, value in own.items()} for name, own in figures.items()}
        figures["images"] = len(corpus)
    else:
        figures["corpus"] = corpus
    json.dump(figures, sys.stdout, indent=1)
    print()


def shorten(value):
    return value[:KEPT] if isinstance(value, list) else value


def compute(candidates: list[str], references: list[list[str]]) -> dict:
    tokens = [[reference.split() for reference in own] for own in references]
    words = [candidate.split() for candidate in candidates]
    # NLTK's own extensions of Porter's algorithm are those of no other program.
    porter = PorterStemmer(mode=PorterStemmer.MARTIN_EXTENSIONS)
    meteor = [meteor_score(own, candidate, stemmer=porter, wordnet=NoSynonyms()) for own, candidate in zip(tokens, words)]

    most = max(len(own) for own in references)
    streams = [[own[i] if i < len(own) else None for own in references] for i in range(most)]
    plain = [BLEU(tokenize="none", smooth_method="none", max_ngram_order=n, force=True) for n in range(1, 5)]
    smooth = BLEU(tokenize="none", smooth_method="add-k", smooth_value=1, force=True)
    # sacreBLEU's half of a 95 % interval: the bootstrap of its own, with other random numbers.
    spread = [metric.corpus_score(candidates, streams, n_bootstrap=RESAMPLES)._ci / 100 for metric in plain]

    gts = dict(enumerate(references))
    res = {i: [candidate] for i, candidate in enumerate(candidates)}
    cider, cider_each = Cider().compute_score(gts, res)
    rouge, rouge_each = Rouge().compute_score(gts, res)
    return {
        "versions": {name: version(name) for name in ("nltk", "sacrebleu", "pycocoevalcap", "scipy")},
        "nltk": {
            "bleu": [corpus_bleu(tokens, words, weights=[1 / n] * n) for n in range(1, 5)],
            "meteorStem": sum(meteor) / len(meteor),
            "meteorStemPerImage": meteor,
        },
        "sacrebleu": {
            "bleu": [metric.corpus_score(candidates, streams).score / 100 for metric in plain],
            "halfInterval": spread,
            "sentenceBleuPerImage": [smooth.sentence_score(c, own).score / 100 for c, own in zip(candidates, references)],
        },
        "pycocoevalcap": {
            "cider": float(cider),
            "ciderPerImage": [float(value) for value in cider_each],
            "rougeL": float(rouge),
            "rougeLPerImage": [float(value) for value in rouge_each],
        },
    }


if __name__ == "__main__":
    main()
