"""CEFLNet's equations, written out in float64: for the tests of its parts and of the whole."""
from types import SimpleNamespace

import numpy as np
import pytest


def numbers(tensor):
    return tensor.detach().numpy()


def softmax(x):
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def attention(frames, sal):
    """Eq. (1), f' (K, D) of one clip, head by head; normalised where the module has a norm."""
    width, heads = frames.shape[1], sal.attention.num_heads
    weight, bias = numbers(sal.attention.in_proj_weight), numbers(sal.attention.in_proj_bias)
    query, key, value = (frames @ weight[i * width:(i + 1) * width].T
                         + bias[i * width:(i + 1) * width] for i in range(3))
    size, parts = width // heads, []
    for h in range(heads):
        part = slice(h * size, (h + 1) * size)
        rows = [sum(s * v for s, v in zip(softmax(key[:, part] @ q / size**0.5), value[:, part]))
                for q in query[:, part]]
        parts.append(np.stack(rows))
    out = sal.attention.out_proj
    attended = np.concatenate(parts, axis=1) @ numbers(out.weight).T + numbers(out.bias)
    if not sal.residual:
        return attended
    rows = []
    for row in frames + attended:
        centred = row - row.mean()
        scaled = centred / np.sqrt((centred**2).mean() + sal.norm.eps)
        rows.append(scaled * numbers(sal.norm.weight) + numbers(sal.norm.bias))
    return np.stack(rows)


def relation(raw, attended, lrl):
    """Eq. (2), (3): R (D,) and w (K,) of one clip, frame by frame."""
    whole = attended.max(axis=0)
    pairs = [np.concatenate([v, whole] if lrl.pair == 'raw' else [whole, f])
             for v, f in zip(raw, attended)]
    q0, b0 = numbers(lrl.relation.weight)[0], lrl.relation.bias.item()
    weights = [1 / (1 + np.exp(-(pair @ q0 + b0))) for pair in pairs]
    rows = pairs if lrl.aggregate == 'pairs' else attended
    mean = sum(w * row for w, row in zip(weights, rows)) / sum(weights)
    return numbers(lrl.project.weight) @ mean + numbers(lrl.project.bias), np.array(weights)


def activation(clips, eian):
    """Eq. (5), (7), (8): V (D,), A (n,) and M (n, D) of one video, clip by clip."""
    conv = numbers(eian.intensity.weight)[0, :, 0]
    scores = softmax(np.array([conv @ clip for clip in clips]))
    rows = np.stack([score * clip for score, clip in zip(scores, clips)])
    return rows.max(axis=0), scores, rows


@pytest.fixture(scope='session')
def equations():
    """``attention``, ``relation`` and ``activation``: arrays and a module to arrays."""
    return SimpleNamespace(attention=attention, relation=relation, activation=activation)
