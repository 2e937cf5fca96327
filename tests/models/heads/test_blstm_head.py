import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.models.heads import BLSTMHead
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_SCORES, VideoFeatures
from mmfer.testing import FLOAT64, fill_parameters
from mmfer.testing.gaps import check_gaps

LENGTHS = (3, 1, 6, 4)
FRAME_LABELS = ([1, -1, 0], [2], [0, 1, 2, 3, -1, 0], [-1, 3, 3, 1])
C, D, H = 4, 5, 3


def make_head(**kwargs):
    return fill_parameters(BLSTMHead(C, D, H, **kwargs), seed=3).double()


def make_features(poison=0.0):
    mask = lengths_to_mask(LENGTHS)
    feats = torch.randn(4, 6, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return VideoFeatures(feats.masked_fill(~mask[..., None], poison).requires_grad_(), mask)


def make_samples(labels=FRAME_LABELS):
    samples = []
    for values in labels:
        sample = ActionDataSample()
        sample.set_field(torch.tensor(values), 'gt_frame_labels')
        samples.append(sample)
    return samples


def run_direction(frames, weights):
    """States of one LSTM direction, step by step; gates in the order i, f, g, o."""
    of_input, of_state, bias_input, bias_state = weights
    hidden, cell, states = np.zeros(H), np.zeros(H), []
    for frame in frames:
        gates = of_input @ frame + bias_input + of_state @ hidden + bias_state
        i, f, g, o = np.split(gates, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        cell = f * cell + i * np.tanh(g)
        hidden = o * np.tanh(cell)
        states.append(hidden)
    return states


def reference(head, frames):
    """Logits (T, C) of one video, in NumPy."""
    values = {name: p.detach().numpy() for name, p in head.named_parameters()}
    names = ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh')
    ahead = run_direction(frames, [values[f'lstm.{name}_l0'] for name in names])
    back = run_direction(frames[::-1], [values[f'lstm.{name}_l0_reverse'] for name in names])
    rows = []
    for pair in zip(ahead, back[::-1]):
        hidden = values['fc1.weight'] @ np.concatenate(pair) + values['fc1.bias']
        rows.append(values['fc2.weight'] @ hidden + values['fc2.bias'])
    return np.array(rows)


@pytest.mark.parametrize('poison', [0.0, float('nan'), float('inf')])
def test_equals_the_recurrence(poison):
    head, features = make_head(), make_features(poison)
    logits, weights = head(features)
    assert logits.shape == (4, 6, C) and weights == {}
    for i, length in enumerate(LENGTHS):
        frames = features.feats[i, :length].detach().numpy()
        np.testing.assert_allclose(logits[i, :length].detach().numpy(), reference(head, frames),
                                   **FLOAT64)
    logits[features.mask].square().sum().backward()
    assert (features.feats.grad[~features.mask] == 0).all()
    assert features.feats.grad.isfinite().all()


@pytest.mark.parametrize('answer', ['frames', 'clip'])
def test_batch_equals_one_by_one(answer):
    """Outputs, and gradients of parameters and frames."""
    def gradients(parts):
        head = make_head(answer=answer)
        outputs, inputs = [], []
        for i, features in parts:
            outputs.append((i, head(features)[0]))
            inputs.append(features.feats)
        total = 0.0
        for i, output in outputs:
            for row, video in enumerate(i):
                kept = output[row][:LENGTHS[video]] if answer == 'frames' else output[row]
                total = total + (kept * (video + 1)).cos().sum()
        total.backward()
        return ([p.grad for p in head.parameters()], [(i, o.detach()) for i, o in outputs],
                [x.grad for x in inputs])

    whole = make_features(float('nan'))
    alone = [([i], VideoFeatures(whole.feats[i:i + 1, :length].detach().requires_grad_(),
                                 whole.mask[i:i + 1, :length]))
             for i, length in enumerate(LENGTHS)]
    parameters, outputs, inputs = gradients([(range(4), whole)])
    others, singles, frames = gradients(alone)
    for a, b in zip(parameters, others, strict=True):
        torch.testing.assert_close(a, b, **FLOAT64)
    for i, length in enumerate(LENGTHS):
        got = outputs[0][1][i]
        torch.testing.assert_close(got[:length] if answer == 'frames' else got,
                                   singles[i][1][0], **FLOAT64)
        torch.testing.assert_close(inputs[0][i, :length], frames[i][0], **FLOAT64)


def test_loss_equals_the_reference():
    head, features = make_head(), make_features(float('nan'))
    losses = []
    for i, values in enumerate(FRAME_LABELS):
        rows = reference(head, features.feats[i, :len(values)].detach().numpy())
        losses += [np.log(np.exp(row).sum()) - row[label]
                   for row, label in zip(rows, values) if label >= 0]
    loss = head.loss(features, make_samples())['loss_cls']
    np.testing.assert_allclose(loss.item(), np.mean(losses), **FLOAT64)


def test_finite_differences():
    head, features = make_head(), make_features()

    def call(feats):
        return head.loss(VideoFeatures(feats, features.mask), make_samples())['loss_cls']

    assert torch.autograd.gradcheck(call, features.feats)


def test_every_parameter_gets_a_gradient():
    head = make_head()
    head.loss(make_features(), make_samples())['loss_cls'].backward()
    assert all((p.grad != 0).any() for p in head.parameters())


def test_parameters_of_the_paper():
    head = BLSTMHead(7, 2048)
    # two directions of 4 gates of 64 on 2048 + 64 inputs with two biases, then two layers
    blstm = 2 * (4 * 64 * (2048 + 64) + 2 * 4 * 64)
    assert sum(p.numel() for p in head.parameters()) == blstm + 129 * 64 + 65 * 7 == 1_091_079


def test_answer_for_the_clip_is_the_mean_of_the_frames():
    features = make_features()
    probabilities, _ = make_head().predict(features)
    clip, weights = make_head(answer='clip').predict(features)
    for i, length in enumerate(LENGTHS):
        torch.testing.assert_close(clip[i], probabilities[i, :length].mean(0), **FLOAT64)
    assert weights[FRAME_SCORES].shape == (4, 6, C)


@pytest.mark.parametrize('answer', ['frames', 'clip'])
def test_frames_without_a_face_count_as_left_out(answer):
    head = make_head(answer=answer)

    def part(feats, mask, clips):
        logits, weights = head(VideoFeatures(feats, mask, clips=clips))
        return VideoFeatures(logits, mask, weights)

    check_gaps(part, D)
