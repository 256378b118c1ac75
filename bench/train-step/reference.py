"""The captioner of src/captioner/decoder.ts and one training step of it in PyTorch, eager mode: the peer of our engine.

Written as one would write it in PyTorch to be fast on a CPU: the image side is computed once for an image's captions,
the words' part of the LSTM's gates and the output layer once for all words, and captions that have ended are dropped
from the batch, which is sorted for that. Parameters have the names and the [inputs, outputs] shapes of our checkpoints.

    reference.py --parameters P.safetensors --batches B.safetensors --steps 20    trains, one JSON line a step
    reference.py --parameters P.safetensors --batches B.safetensors --serve       a step for each JSON line on stdin

With --padded it is written as one does at first: every caption goes on to the end of the batch's longest, padding is left
out of the mean only, and AdamW is torch.optim's default.

B holds `tokens`, int32 [steps, images, captions, words + 1] (<start>, words, <end>, then 0), and `regions`, float16
[steps, images, 49, 512]. A line on stdin is {"batch": index, "rate": learning rate}; the answers are
{"step", "ms", "loss", "norm"}, after a first line {"torch", "threads"}.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

LABEL_SMOOTHING = 0.1
WEIGHT_DECAY = 1e-4
CLIP_NORM = 5.0


class Captioner(nn.Module):
    """An LSTM with soft attention over the regions of a photo."""

    def __init__(self, parameters: dict[str, Tensor], dropout: float, padded: bool):
        super().__init__()
        self.dropout = dropout
        self.padded = padded
        for name, value in parameters.items():
            *path, leaf = name.split('.')
            module: nn.Module = self
            for part in path:
                if part not in module._modules:
                    module.add_module(part, nn.Module())
                module = module.get_submodule(part)
            module.register_parameter(leaf, nn.Parameter(value))
        sizes = [len(self.attention.bias), len(self.gate.bias)]
        self.asked = [*sizes, self.hidden.weight.shape[1] - sum(sizes)]

    def forward(self, regions: Tensor, tokens: Tensor) -> Tensor:
        """Mean smoothed cross-entropy over the words of regions [images, 49, D] and tokens [images, captions, words + 1]."""
        regions, tokens, lengths = sort_by_length(regions, tokens)
        active = [lengths.shape] * int(lengths[0, 0]) if self.padded else active_counts(lengths)
        sizes = [images * captions for images, captions in active]
        by_word = tokens.permute(2, 0, 1)
        inputs = torch.cat([by_word[t, :m, :k].reshape(-1) for t, (m, k) in enumerate(active)])
        targets = torch.cat([by_word[t + 1, :m, :k].reshape(-1) for t, (m, k) in enumerate(active)])

        values, keys, state = self.look(regions, tokens.shape[1])
        words = F.dropout(F.embedding(inputs, self.embedding), self.dropout, self.training)
        word_gates = torch.addmm(self.lstm.bias, words, self.lstm.word).split(sizes)
        hidden, contexts = [], []
        for gates, (images, captions) in zip(word_gates, active):
            h, c = (x[:images, :captions].reshape(images * captions, -1) for x in state)
            query, gate, from_hidden = (h @ self.hidden.weight).split(self.asked, 1)
            z = self.attend(values[:images], keys[:images], query, captions) * torch.sigmoid(gate + self.gate.bias)
            i, f, o, g = torch.addmm(gates + from_hidden, z, self.lstm.context).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            hidden.append(h)
            contexts.append(z)
            state = h.view(images, captions, -1), c.view(images, captions, -1)

        read = torch.cat([torch.cat(hidden), torch.cat(contexts), words], 1)
        if not self.padded:
            real = targets.nonzero().squeeze(1)
            read, targets = read[real], targets[real]
        output = torch.tanh(torch.addmm(self.output.bias, read, self.output.weight))
        output = F.dropout(output, self.dropout, self.training)
        logits = F.linear(output, self.embedding, self.vocabulary.bias)
        return F.cross_entropy(logits, targets, ignore_index=0, label_smoothing=LABEL_SMOOTHING)

    def look(self, regions: Tensor, captions: int) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        projected = F.relu(regions @ self.regions.weight + self.regions.bias)
        values = F.layer_norm(projected, projected.shape[-1:], self.regions.gain, self.regions.shift)
        values = F.dropout(values, self.dropout, self.training)
        mean = values.mean(1)

        def start(layer: nn.Module) -> Tensor:
            return torch.tanh(torch.addmm(layer.bias, mean, layer.weight)).unsqueeze(1).expand(-1, captions, -1)

        return values, values @ self.attention.key, (start(self.initial.hidden), start(self.initial.cell))

    def attend(self, values: Tensor, keys: Tensor, query: Tensor, captions: int) -> Tensor:
        query = (query + self.attention.bias).view(-1, captions, 1, keys.shape[-1])
        scores = (torch.tanh(keys.unsqueeze(1) + query) @ self.attention.score).squeeze(-1)
        return torch.bmm(scores.softmax(-1), values).view(-1, values.shape[-1])


def sort_by_length(regions: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each image's captions and the images by their longest caption, longest first; lengths are [images, captions]."""
    lengths, captions = (tokens[..., 1:] != 0).sum(-1).sort(1, descending=True)
    images = lengths[:, 0].argsort(descending=True)
    tokens = tokens.gather(1, captions.unsqueeze(-1).expand_as(tokens))
    return regions[images], tokens[images], lengths[images]


def active_counts(lengths: Tensor) -> list[tuple[int, int]]:
    """For each word, the first so many images and captions that hold all captions not ended by then."""
    going = lengths > torch.arange(int(lengths[0, 0])).view(-1, 1, 1)
    return list(zip(going.any(2).sum(1).tolist(), going.any(1).sum(1).tolist()))


def optimiser_of(model: nn.Module) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    groups = [{'params': matrices, 'weight_decay': WEIGHT_DECAY}, {'params': vectors, 'weight_decay': 0.0}]
    return torch.optim.AdamW(groups, fused=None if model.padded else True)


def train_step(
    model: Captioner, optimiser: torch.optim.Optimizer, regions: Tensor, tokens: Tensor, rate: float
) -> tuple[float, float]:
    """The loss before the step and the gradient's norm before clipping."""
    for group in optimiser.param_groups:
        group['lr'] = rate
    optimiser.zero_grad(set_to_none=True)
    loss = model(regions.float(), tokens.long())
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
    optimiser.step()
    return loss.item(), norm.item()


def learning_rate_at(step: int, total: int, highest: float = 1.5e-3, warm_up: int = 200, final: float = 0.02) -> float:
    """Linear warm-up, then half a cosine; steps count from 1 (src/training/schedule.ts)."""
    warm_up = min(warm_up, total // 10)
    if step <= warm_up:
        return highest * step / warm_up
    progress = (step - warm_up) / max(1, total - warm_up)
    return highest * (final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress)))


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--parameters', type=Path, required=True)
    arguments.add_argument('--batches', type=Path, required=True)
    arguments.add_argument('--dropout', type=float, default=0.5)
    arguments.add_argument('--padded', action='store_true')
    arguments.add_argument('--threads', type=int, default=2)
    arguments.add_argument('--total-steps', type=int, default=3740, help='length of the schedule that --steps is the start of')
    mode = arguments.add_mutually_exclusive_group(required=True)
    mode.add_argument('--steps', type=int)
    mode.add_argument('--serve', action='store_true')
    options = arguments.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    batches = load_file(options.batches)
    model = Captioner(load_file(options.parameters), options.dropout, options.padded)
    optimiser = optimiser_of(model)

    def say(message: dict[str, float | str]) -> None:
        print(json.dumps(message), flush=True)

    if options.serve:
        requests = map(json.loads, sys.stdin)
    else:
        count = len(batches['tokens'])
        rates = (learning_rate_at(step, options.total_steps) for step in range(1, options.steps + 1))
        requests = ({'batch': index % count, 'rate': rate} for index, rate in enumerate(rates))
    say({'torch': torch.__version__, 'threads': torch.get_num_threads()})
    for step, request in enumerate(requests, 1):
        index = request['batch']
        started = time.perf_counter()
        loss, norm = train_step(model, optimiser, batches['regions'][index], batches['tokens'][index], request['rate'])
        say({'step': step, 'ms': (time.perf_counter() - started) * 1000, 'loss': loss, 'norm': norm})


if __name__ == '__main__':
    main()
