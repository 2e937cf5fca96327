"""tools/analyze_logs.py on logs written by hand."""
import json

from mmfer.cli import analyze_logs


def write_log(folder, records, tail=''):
    path = folder / '20200101_000000' / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text(''.join(json.dumps(r) + '\n' for r in records) + tail)
    return path


def test_analyze_logs(tmp_path, capsys):
    records = [dict(lr=0.1, loss=2.0 / step, time=0.1 * epoch, epoch=epoch, step=step)
               for epoch in (1, 2) for step in (2 * epoch - 1, 2 * epoch)]
    write_log(tmp_path, [*records, dict(WAR=0.5, step=2)], tail='{"loss": 1')
    out = tmp_path / 'curve.svg'
    assert analyze_logs.main([str(tmp_path), '--keys', 'loss', 'WAR', '--out', str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'loss: first 2, last 0.5, least 0.5, greatest 2' in printed
    assert 'mean 0.150, slowest epoch 2 0.200, fastest epoch 1 0.100' in printed
    assert '<svg' in out.read_text()


def test_analyze_logs_says_what_is_wrong(tmp_path, capsys):
    assert analyze_logs.main([str(tmp_path)]) == 1
    assert 'holds no log' in capsys.readouterr().err
    write_log(tmp_path, [dict(loss=1.0, step=1)])
    assert analyze_logs.main([str(tmp_path), '--keys', 'los']) == 1
    assert 'there are loss' in capsys.readouterr().err
