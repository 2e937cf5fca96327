import torch

from mmfer.testing import make_batch


def test_shapes_types_and_seed():
    batch = make_batch([2, 5], size_px=8, num_classes=3, seed=4)
    assert [tuple(x.shape) for x in batch['inputs']] == [(2, 3, 8, 8), (5, 3, 8, 8)]
    assert all(x.dtype == torch.uint8 for x in batch['inputs'])
    assert [s.clip for s in batch['data_samples']] == ['clip0', 'clip1']
    assert all(0 <= int(s.gt_label) < 3 for s in batch['data_samples'])
    again = make_batch([2, 5], size_px=8, num_classes=3, seed=4)
    assert torch.equal(batch['inputs'][1], again['inputs'][1])
    assert not torch.equal(batch['inputs'][1], make_batch([2, 5], 8, 3, seed=5)['inputs'][1])
