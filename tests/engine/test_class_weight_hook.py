import logging
from types import SimpleNamespace

import numpy as np
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
        votes = [[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]][index]
        return dict(label=[0, 0, 0, 2][index], label_distribution=np.array(votes, 'f4'))


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


def test_counts_votes_for_soft_labels():
    soft = SoftmaxCrossEntropyLoss(class_weight='balanced', soft_labels=True)
    hard = SoftmaxCrossEntropyLoss(class_weight='balanced')
    before_train(soft, hard)
    # votes 2.5, 1 and 0.5: each class weighs 4 / 3 in all
    torch.testing.assert_close(soft.class_weight,
                               torch.tensor([4 / 7.5, 4 / 3, 8 / 3], dtype=torch.float64))
    torch.testing.assert_close(hard.class_weight,
                               torch.tensor([4 / 6, 0, 4 / 2], dtype=torch.float64))


def test_reads_nothing_where_nothing_asks():
    Clips.read = 0
    before_train(SoftmaxFocalLoss(), nn.CrossEntropyLoss())
    assert Clips.read == 0
