import pytest

from mmfer.errors import ConfigError


@pytest.mark.parametrize('stream', [True, 'videos'])
def test_resume_loads_no_past_batch(train, stream):
    train('run', stream=stream, kill_at=9)
    resumed = train('run', stream=stream, resume=True)
    assert len(resumed['losses']) == 12
    # 3 batches of 4 remain; the loader asks for no more than one sample ahead
    assert 12 <= resumed['given'] <= 14


def test_host_loop_replays_the_past(train, toy, tmp_path):
    train('run', stream=True, kill_at=9)
    runner = toy.build(tmp_path / 'run', stream=True, resume=True)
    runner._train_loop['type'] = 'IterBasedTrainLoop'
    runner.train()
    assert runner.train_dataloader.sampler.given >= 48


def test_sampler_that_cannot_jump_is_refused(train, toy, tmp_path, monkeypatch):
    train('run', stream=True, kill_at=9)
    monkeypatch.delattr(toy.Stream, 'start_at')
    with pytest.raises(ConfigError, match='StreamSampler'):
        train('run', stream=True, resume=True)
