"""Captions photos with a model of Ekphrasis, without Ekphrasis: its graphs in ONNX Runtime, the search in Python.

    pip install numpy safetensors onnxruntime
    ekphrasis models export MODEL --out model           # docs/checkpoint.md explains its files and the arithmetic
    ekphrasis export features photos.safetensors *.jpg  # what the encoder sees of the photos
    python caption.py model photos.safetensors          # writes what `ekphrasis caption` does; --beam 1 searches greedily
"""
import argparse, json, math, re, sys
from collections import Counter
from pathlib import Path

import numpy, onnxruntime
from safetensors import safe_open

PAD, START, END, UNKNOWN = range(4)
ECHO = re.compile(r"\b(\S+) and (?:(?:a|an|the|another) )?\1\b")  # "a woman and a woman"
UNSPACED = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"  # written without blanks between words

class Graph:
    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.inputs = [given.name for given in self.session.get_inputs()]
        self.outputs = [made.name for made in self.session.get_outputs()]

    def __call__(self, **feeds):
        return dict(zip(self.outputs, self.session.run(self.outputs, {name: feeds[name] for name in self.inputs})))

class Captioner:
    def __init__(self, folder):
        self.manifest = json.loads((folder / "model.json").read_text())
        self.words = json.loads((folder / "vocabulary.json").read_text())
        self.photo, self.step = Graph(folder / "onnx/photo.onnx"), Graph(folder / "onnx/step.onnx")
        self.judge = Judge(folder / "judge", self.manifest["judge"]["words"]) if "judge" in self.manifest else None

    def search(self, regions, width, lengthExponent, maximumLength, **_):
        """The finished captions, best first: (score, word ids, logarithm of the probability)."""
        seen = self.photo(regions=regions[None])  # the scene, and the state before the first word
        alive, finished = [([], 0.0, seen)], []
        while alive:
            longer = []
            for words, total, state in alive:
                made = self.step(**seen | state, words=numpy.array([words[-1] if words else START], numpy.int32))
                after = {name[5:]: value for name, value in made.items() if name.startswith("next.")}
                scores = made["logProbabilities"][0]
                scores[[PAD, START, UNKNOWN, *(repeated(words) if words else [END])]] = -math.inf
                best = [END] if len(words) >= maximumLength else numpy.argsort(-scores, kind="stable")[: width + 1]
                longer += [(words + [int(word)], total + float(scores[word]), after) for word in best]
            longer.sort(key=lambda one: -one[1])
            alive = [one for one in longer[:width] if one[0][-1] != END]
            finished += [(t / len(w) ** lengthExponent, w[:-1], t) for w, t, _ in longer[:width] if w[-1] == END]
            finished.sort(key=lambda one: -one[0])
            # A longer caption is never more probable; at most its length can still help it.
            hope = max((total for _, total, _ in alive), default=0) / (maximumLength + 1) ** lengthExponent
            if len(finished) >= width and hope <= finished[width - 1][0]:
                break
        return finished[:width]

    def caption(self, regions, beam=None):
        how = self.manifest["search"]
        found = self.search(regions, beam or how["beamWidth"], **how)
        texts = [" ".join(self.words[word] for word in words if word > UNKNOWN) for _, words, _ in found]
        if beam is None:  # The caption that the others agree with most, and that is like the photo.
            kept = [one for one in zip(found, texts) if not ECHO.search(one[1])] or list(zip(found, texts))
            found, texts = zip(*kept)
            grams = [ngrams(words) for _, words, _ in found]
            evidence = [math.exp(how["evidencePower"] * (total - max(one[2] for one in found))) for _, _, total in found]
            agreed = [sum(weight * similarity(own, other) for other, weight in zip(grams, evidence)) / sum(evidence) for own in grams]
            liked = self.judge.likeness(regions, texts) if self.judge else [0.0] * len(texts)
            scores = [agreement + how["likenessWeight"] * like for agreement, like in zip(agreed, liked)]
            texts = [texts[scores.index(max(scores))]]
        return re.sub(f"(?<={UNSPACED}) (?={UNSPACED})", "", texts[0])

class Judge:
    """A search model: the cosine of a sentence's vector and a photo's says how well they fit."""

    def __init__(self, folder, length):
        self.photo, self.text, self.length = Graph(folder / "onnx/photo.onnx"), Graph(folder / "onnx/text.onnx"), length
        self.ids = {word: number for number, word in enumerate(json.loads((folder / "vocabulary.json").read_text()))}

    def likeness(self, regions, texts):
        photo = self.photo(**{"batch.regions": regions[None]})["vectors"][0]
        return [float(self.vector(text.split()) @ photo) for text in texts]

    def vector(self, words):
        ids = [self.ids.get(word, UNKNOWN) for word in words][: self.length]
        if all(number == UNKNOWN for number in ids):
            return numpy.zeros(self.text.session.get_outputs()[0].shape[1], numpy.float32)
        numbers, share = numpy.zeros(self.length, numpy.int32), numpy.zeros((self.length, 1), numpy.float32)
        numbers[: len(ids)], share[: len(ids)] = ids, 1 / len(ids)
        return self.text(**{"batch.words": numbers, "batch.share": share})["vectors"][0]

def repeated(words):
    """Words that would end a sequence of three which the caption has already."""
    return {words[i + 2] for i in range(len(words) - 2) if words[i : i + 2] == words[-2:]}

def ngrams(words):
    return [Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1)) for n in (1, 2, 3, 4)]

def similarity(own, other):
    """CIDEr-D's, with the weight 1 for every n-gram."""
    norms = [math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values())) for a, b in zip(own, other)]
    products = [sum(min(value, b[gram]) * b[gram] for gram, value in a.items()) for a, b in zip(own, other)]
    lengths = sum(own[1].values()) - sum(other[1].values())
    return math.exp(-(lengths**2) / 72) * sum(p / n if n else 0 for p, n in zip(products, norms)) / 4

def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("model", "features"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--beam", type=int, help="captions that are kept at each word, and no choice by consensus")
    arguments = parser.parse_args()
    captioner = Captioner(arguments.model)
    with safe_open(arguments.features, "numpy") as features:
        if features.metadata()["encoder"] not in [captioner.manifest["encoder"], *captioner.manifest["compatibleEncoders"]]:
            sys.exit(f"The model needs what {captioner.manifest['encoder']} sees, and these are features of another encoder.")
        for name in features.keys():
            print(f"{name}: {captioner.caption(features.get_tensor(name).astype(numpy.float32), arguments.beam)}", flush=True)

if __name__ == "__main__":
    main()
