import torch
from mmengine.optim import OneCycleLR

from mmfer.checkpoints import load_checkpoint_file, to_plain
from mmfer.engine.plain_checkpoint_hook import without_functions


def test_checkpoints_load_with_weights_only(train, tmp_path):
    train('run', custom=[dict(type='EMAHook')])
    checkpoint = torch.load(tmp_path / 'run/epoch_4.pth', weights_only=True)
    assert {'state_dict', 'ema_state_dict', 'optimizer', 'param_schedulers', 'message_hub',
            'meta'} <= checkpoint.keys()
    history = checkpoint['message_hub']['log_scalars']['train/loss']['history']
    assert history.shape == (12,)


def test_resume_restores_the_logged_history(train, toy, tmp_path):
    train('run')
    saved = load_checkpoint_file(tmp_path / 'run/epoch_4.pth')['message_hub']['log_scalars']
    runner = toy.build(tmp_path / 'run', resume=True)
    runner.train()
    for name, plain in saved.items():
        values, counts = runner.message_hub.get_scalar(name).data
        assert values.tolist() == plain['history'].tolist(), name
        assert counts.tolist() == plain['counts'].tolist(), name


def test_one_cycle_schedule_can_be_saved_and_resumed():
    def build():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        return OneCycleLR(optimizer, eta_max=1.0, total_steps=10)

    whole, resumed = build(), build()
    for _ in range(4):
        whole.step()
    resumed.load_state_dict(to_plain(without_functions(whole.state_dict())))
    whole.step()
    resumed.step()
    assert resumed.get_last_value() == whole.get_last_value()
