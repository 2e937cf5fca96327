"""A tiny training run on MMEngine's runner, in this process or as a program.

``python toy_run.py FOLDER OUTPUT [--key value ...]`` trains and leaves final weights,
loss history and optimiser state in OUTPUT.
"""
from __future__ import annotations

import argparse
import itertools
import json
import uuid

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset, Sampler

import mmfer  # noqa: F401
from mmfer.datasets.samplers import VideoUniformSampler


class Points(Dataset):
    metainfo = {'classes': ('a', 'b')}

    def __len__(self):
        return 12

    def __getitem__(self, index):
        x = torch.sin(torch.arange(6.) * (index + 1))
        return {'inputs': x, 'label': torch.tensor(index % 2)}


class Stream(Sampler):
    """Endless, shuffled, one share per process; counts what it gives."""

    def __init__(self, rank=0, world=1):
        self.rank, self.world, self.start, self.given = rank, world, 0, 0

    def start_at(self, samples):
        self.start = samples

    def __iter__(self):
        for position in itertools.count(self.start + self.rank, self.world):
            order = torch.randperm(12, generator=torch.Generator().manual_seed(position // 12))
            self.given += 1
            yield int(order[position % 12])

    def __len__(self):
        return 12


class Videos(VideoUniformSampler):
    """Counts what it gives."""

    given = 0

    def __iter__(self):
        for index in super().__iter__():
            self.given += 1
            yield index


class Toy(BaseModel):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5),
                                 nn.Linear(8, 2))

    def forward(self, inputs, label, mode='loss'):
        scores = self.net(torch.stack(list(inputs)))
        label = torch.stack(list(label))
        if mode == 'loss':
            return {'loss': nn.functional.cross_entropy(scores, label)}
        return [{'score': s, 'label': y} for s, y in zip(scores, label)]


class Accuracy(BaseMetric):
    def process(self, data_batch, data_samples):
        self.results += [float(s['score'].argmax() == s['label']) for s in data_samples]

    def compute_metrics(self, results):
        return {'accuracy': sum(results) / len(results)}


class Killed(Exception):
    pass


class Kill(Hook):
    """Ends a run after ``iterations``, once its hooks are through with that one."""

    priority = 'LOWEST'

    def __init__(self, iterations):
        self.iterations = iterations

    def after_train_iter(self, runner, **kwargs):
        if runner.iter + 1 == self.iterations and not runner.train_loop.max_epochs > 1:
            raise Killed

    def after_train_epoch(self, runner):
        if runner.iter == self.iterations:
            raise Killed


def build(folder, epochs=4, stream=False, resume=False, launcher='none', wrapper=None,
          default_hooks=None, save_best=None, validate=False, custom=None, max_keep=1,
          kill_at=None,
          load_from=None, **extra):
    """A runner that trains ``epochs`` x 3 batches; ``extra`` goes into the config.

    ``stream`` trains by iterations: True in passes over the data, 'videos' in draws with
    replacement.
    """
    rank, world = (0, 1)
    if launcher != 'none':
        from mmengine.dist import get_dist_info, init_dist
        init_dist(launcher)
        rank, world = get_dist_info()
    sampler = dict(type='DefaultSampler', shuffle=True, seed=3)
    if stream:
        sampler = Videos(Points(), seed=3) if stream == 'videos' else Stream(rank, world)
    loader = dict(batch_size=4 // world, num_workers=0, dataset=Points(), sampler=sampler,
                  collate_fn=dict(type='pseudo_collate'))
    evaluation = {}
    if validate:
        evaluation = dict(
            val_cfg=dict(), val_evaluator=dict(type=Accuracy),
            val_dataloader=dict(batch_size=4, dataset=Points(), collate_fn=dict(
                type='pseudo_collate'), sampler=dict(type='DefaultSampler', shuffle=False)))
    checkpoint = dict(type='AtomicCheckpointHook', interval=3 if stream else 1,
                      by_epoch=not stream, max_keep_ckpts=max_keep, save_best=save_best,
                      rule='greater' if save_best else None)
    hooks = {'checkpoint': checkpoint, 'logger': dict(type='LoggerHook', interval=1),
             'seed_iteration': dict(type='SeedIterationHook'), **(default_hooks or {})}
    loop = (dict(type='StreamTrainLoop', max_iters=3 * epochs) if stream
            else dict(by_epoch=True, max_epochs=epochs))
    hooks = {name: hook for name, hook in hooks.items() if hook is not None}
    name = uuid.uuid4().hex
    return Runner(
        model=dict(type=Toy), work_dir=str(folder), train_dataloader=loader, **evaluation,
        train_cfg=loop,
        optim_wrapper=wrapper or dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        param_scheduler=dict(type='CosineAnnealingLR', T_max=12, by_epoch=False),
        default_hooks=hooks, custom_hooks=[*(custom or []), *([Kill(kill_at)] if kill_at else [])],
        randomness=dict(seed=1), resume=resume, launcher=launcher, load_from=load_from,
        default_scope='mmfer', experiment_name=name, cfg=dict(extra), log_level='WARNING',
        visualizer=dict(type='Visualizer', vis_backends=[], name=name))


def outcome(runner):
    """What must be equal between two runs."""
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    return {'state': runner.model.state_dict(), 'losses': torch.tensor(losses),
            'optimizer': runner.optim_wrapper.state_dict()['state'],
            'given': getattr(runner.train_dataloader.sampler, 'given', 0)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder')
    parser.add_argument('output')
    parser.add_argument('--options', type=json.loads, default={})
    parser.add_argument('--kill-in-save', type=int, help='die within the n-th write')
    args = parser.parse_args()
    if args.kill_in_save:
        kill_in_save(args.kill_in_save)
    runner = build(args.folder, **args.options)
    runner.train()
    if runner.rank == 0:
        torch.save(outcome(runner), args.output)


def kill_in_save(number):
    """Makes the process vanish half-way through its ``number``-th ``torch.save``."""
    import os
    save, count = torch.save, itertools.count(1)

    def half(obj, f, *args, **kwargs):
        if next(count) == number:
            f.write(b'PK\x03\x04 half a checkpoint')
            f.flush()
            os._exit(9)
        save(obj, f, *args, **kwargs)

    torch.save = half


if __name__ == '__main__':
    main()
