import pytest
import torch

from mmfer.models.packing import (
    front_order,
    full_precision,
    lengths_to_mask,
    masked_softmax,
    pad_packed,
    put_back,
    take_in_order,
    uniform_weights,
    unpad,
)


def test_mask():
    assert lengths_to_mask([1, 3]).tolist() == [[True, False, False], [True, True, True]]


@pytest.mark.parametrize('lengths', [(3, 1, 2), (2, 2, 2), (6, )])
def test_round_trip(lengths):
    rows = torch.randn(6, 5)
    padded, mask = pad_packed(rows, lengths)
    assert padded.shape == (len(lengths), max(lengths), 5)
    assert mask.tolist() == [[t < n for t in range(max(lengths))] for n in lengths]
    for count in (None, 6):
        assert torch.equal(unpad(padded, mask, count), rows)
    assert torch.equal(padded[~mask], torch.zeros(int((~mask).sum()), 5))


def test_equal_lengths_share_memory():
    rows = torch.randn(6, 5)
    assert pad_packed(rows, (3, 3))[0].data_ptr() == rows.data_ptr()
    assert pad_packed(rows, (2, 4))[0].data_ptr() != rows.data_ptr()
    assert unpad(*pad_packed(rows, (3, 3)), count=6).data_ptr() == rows.data_ptr()


def test_wrong_lengths():
    with pytest.raises(ValueError, match='add up to 5, not to the 6'):
        pad_packed(torch.randn(6, 5), (2, 3))


def test_masked_softmax():
    scores = torch.tensor([[1.0, 2.0, float('nan')], [-1e4, -1e4, -1e4], [5.0, 6.0, 7.0]])
    mask = torch.tensor([[True, True, False], [True, True, True], [False, False, False]])
    shares = masked_softmax(scores, mask)
    torch.testing.assert_close(shares[0, :2], torch.tensor([1.0, 2.0]).softmax(0))
    torch.testing.assert_close(shares[1], torch.full((3, ), 1 / 3))
    assert shares[0, 2] == 0 and shares[2].tolist() == [0, 0, 0]


def test_full_precision_switches_autocast_off():
    x = torch.randn(4, 4)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert (x @ x).dtype == torch.bfloat16
        with full_precision(x):
            assert (x @ x).dtype == torch.float32


def test_uniform_weights():
    mask = lengths_to_mask([1, 4])
    weights = uniform_weights(mask, torch.zeros(0, dtype=torch.float64))
    assert weights.dtype == torch.float64
    assert weights.tolist() == [[1.0, 0.0, 0.0, 0.0], [0.25] * 4]


def test_order_that_puts_frames_first():
    mask = torch.tensor([[False, True, False, True], [True, True, False, False]])
    rows = torch.arange(8.).reshape(2, 4, 1)
    lengths, order = front_order(mask)
    assert lengths.tolist() == [2, 2]
    front = take_in_order(rows, order)
    assert front[:, :2, 0].tolist() == [[1, 3], [4, 5]]
    assert torch.equal(put_back(front, order), rows)
    lengths, order = front_order(lengths_to_mask([1, 3]))
    assert lengths.tolist() == [1, 3] and order is None
    assert take_in_order(rows, None) is rows and put_back(rows, None) is rows
