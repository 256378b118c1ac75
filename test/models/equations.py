"""The equations of docs/checkpoint.md as they stand there, in numpy, on a checkpoint: beside the exported graphs.

    python equations.py MODEL_FOLDER FEATURES    # writes the largest difference of a logarithm of a probability
"""
import json, sys
from pathlib import Path

import numpy as np, onnxruntime
from safetensors import safe_open

def sigmoid(x): return 1 / (1 + np.exp(-x))
def relu(x): return np.maximum(x, 0)
def softmax(x): return np.exp(x - x.max()) / np.exp(x - x.max()).sum()

def lstm(g, c):
    H = len(g) // 4
    i, f, o = sigmoid(g[:H]), sigmoid(g[H : 2 * H]), sigmoid(g[2 * H : 3 * H])
    c = i * np.tanh(g[3 * H :]) + (0 if c is None else f * c)
    return o * np.tanh(c), c

def gru(u, r, h):
    H = len(u) // 3
    r = np.zeros_like(u) if r is None else r
    z, y = sigmoid(u[:H] + r[:H]), sigmoid(u[H : 2 * H] + r[H : 2 * H])
    n = np.tanh(u[2 * H :] + z * r[2 * H :])
    return (1 - y) * n + (0 if h is None else y * h)

class Member:
    def __init__(self, p, settings, X):
        self.p, self.s, self.X = p, settings, X
        self.C, self.kind = settings.get("cell", "lstm"), settings.get("architecture", "attention")
        H = settings["hiddenSize"]
        self.h = self.c = None
        if self.kind == "attention":
            P = relu(X @ p["regions.weight"] + p["regions.bias"])
            centred = P - P.mean(1, keepdims=True)
            self.Y = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * p["regions.gain"] + p["regions.shift"]
            self.K, average = self.Y @ p["attention.key"], self.Y.mean(0)
            self.h = np.tanh(average @ p["initial.hidden.weight"] + p["initial.hidden.bias"])
            if self.C == "lstm": self.c = np.tanh(average @ p["initial.cell.weight"] + p["initial.cell.bias"])
        elif self.kind == "show-and-tell":
            self.cell(X.mean(0) @ p["photo.weight"] + p["photo.bias"], None)
        else:
            self.photo = relu(X.mean(0) @ p["photo.weight"] + p["photo.bias"])
            self.h, self.c = np.zeros(H), np.zeros(H)

    def cell(self, e, recurrent, more=0):
        u = e @ self.p[f"{self.C}.word"] + self.p[f"{self.C}.bias"] + more
        if self.C == "gru": self.h = gru(u, recurrent, self.h)
        else: self.h, self.c = lstm(u if recurrent is None else u + recurrent, self.c)

    def step(self, word):
        p, s, C = self.p, self.s, self.C
        e = p["embedding"][word]
        if self.kind == "attention":
            A, D = s["attentionSize"], s["regionSize"]
            a = self.h @ p["hidden.weight"]
            w = softmax((np.tanh(self.K + a[:A] + p["attention.bias"]) @ p["attention.score"])[:, 0])
            x = sigmoid(a[A : A + D] + p["gate.bias"]) * (w @ self.Y)
            self.cell(e, a[A + D :], x @ p[f"{C}.context"])
            q = np.tanh(np.concatenate([self.h, x, e]) @ p["output.weight"] + p["output.bias"])
        else:
            self.cell(e, self.h @ p[f"{C}.hidden"])
            q = self.h @ p["output.weight"] + p["output.bias"] if self.kind == "show-and-tell" else relu((self.h + self.photo) @ p["output.weight"] + p["output.bias"])
        return softmax(q @ p["embedding"].T + p["vocabulary.bias"])

folder = Path(sys.argv[1])
with safe_open(folder / "model.safetensors", "numpy") as file:
    settings = json.loads(file.metadata()["ekphrasis"])["settings"]
    tensors = {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}
count = settings.get("members", 1)
each = settings.get("each", [settings] * count)
photo, step = (onnxruntime.InferenceSession(str(folder / f"onnx/{name}.onnx")) for name in ("photo", "step"))
worst = 0.0
with safe_open(sys.argv[2], "numpy") as features:
    for name in list(features.keys())[:3]:
        X = features.get_tensor(name).astype(np.float64)
        members = []
        for i, own in enumerate(each):
            prefix = f"{i}." if count > 1 else ""
            members.append(Member({n[len(prefix) :]: v for n, v in tensors.items() if n.startswith(prefix)}, own, X))
        state = dict(zip([o.name for o in photo.get_outputs()], photo.run(None, {"regions": X[None].astype(np.float32)})))
        for word in (1, 4, 5, 6):
            feeds = {**state, "words": np.array([word], np.int32)}
            made = dict(zip([o.name for o in step.get_outputs()], step.run(None, {i.name: feeds[i.name] for i in step.get_inputs()})))
            state.update({n[5:]: v for n, v in made.items() if n.startswith("next.")})
            mine = np.log(np.mean([member.step(word) for member in members], axis=0))
            worst = max(worst, float(np.abs(mine - made["logProbabilities"][0]).max()))
print(worst)
