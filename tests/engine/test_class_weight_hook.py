import logging
from types import SimpleNamespace

import torch
from torch import nn

from mmfer.engine.class_weight_hook import ClassWeightHook
from mmfer.models.losses import SoftmaxCrossEntropyLoss, SoftmaxFocalLoss


class Clips:
    metainfo = dict(classes=('a', 'b', 'c'))
    read = 0

    def __len__(self):
        return 4

    def get_data_info(self, index):
        Clips.read += 1
        return dict(label=[0, 0, 0, 2][index])


def before_train(*losses):
    runner = SimpleNamespace(model=nn.ModuleDict({'head': nn.ModuleList(losses)}),
                             train_dataloader=SimpleNamespace(dataset=Clips()),
                             logger=logging.getLogger('test'))
    ClassWeightHook().before_train(runner)


def test_weighs_every_loss_that_asks():
    losses = [SoftmaxFocalLoss(class_weight='balanced'),
              SoftmaxCrossEntropyLoss(class_weight='effective'),
              SoftmaxCrossEntropyLoss(class_weight=[1, 1, 1]), SoftmaxCrossEntropyLoss()]
    before_train(*losses)
    torch.testing.assert_close(losses[0].class_weight,
                               torch.tensor([4 / 6, 0, 4 / 2], dtype=torch.float64))
    assert losses[1].class_weight[2] > 2.9 * losses[1].class_weight[0]
    assert losses[2].class_weight.tolist() == [1, 1, 1]
    assert losses[3].class_weight is None


def test_reads_nothing_where_nothing_asks():
    Clips.read = 0
    before_train(SoftmaxFocalLoss(), nn.CrossEntropyLoss())
    assert Clips.read == 0
