"""Features of a picture given by a formula, by PyTorch from the program's cached weights. Needs torch, numpy, safetensors."""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file

weights = load_file(sys.argv[1])
layers = sorted({int(name.split(".")[1]) for name in weights})
row, column = np.mgrid[0:224, 0:224]
pixels = np.stack([(column * 3 + row * 5 * (channel + 1) + ((column * row) >> 4)) & 255 for channel in range(3)], -1)
normalised = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
feature_map = torch.tensor(normalised.transpose(2, 0, 1)[None], dtype=torch.float32)
layer = iter(layers)
with torch.no_grad():
    for count in (2, 2, 3, 3, 3):
        for number in (next(layer) for _ in range(count)):
            kernel, bias = (torch.tensor(weights[f"features.{number}.{part}"]) for part in ("weight", "bias"))
            feature_map = F.relu(F.conv2d(feature_map, kernel, bias, padding=1))
        feature_map = F.max_pool2d(feature_map, 2)
pooled = feature_map[0].mean((1, 2))
print("torch", torch.__version__, "norm of pooled", pooled.norm().item(), "norm of regions", feature_map.norm().item())
for channel in torch.topk(pooled, 8).indices.tolist():
    print(channel, pooled[channel].item())
