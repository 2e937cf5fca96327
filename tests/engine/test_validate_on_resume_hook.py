HOOK = [dict(type='ValidateOnResumeHook')]


def count_validations(monkeypatch, toy):
    calls = []
    original = toy.Accuracy.compute_metrics

    def count(self, results):
        calls.append(1)
        return original(self, results)

    monkeypatch.setattr(toy.Accuracy, 'compute_metrics', count)
    return calls


def test_missed_validation_is_made_up_for(train, toy, monkeypatch, tmp_path):
    scores = iter([0.5, 0.9, 0.9, 0.1, 0.1])
    monkeypatch.setattr(toy.Accuracy, 'compute_metrics', lambda self, r: {'accuracy': next(scores)})
    options = dict(validate=True, save_best='accuracy', custom=HOOK)
    # ended after the checkpoint of epoch 2 was saved and before its validation (0.9)
    train('run', kill_at=6, **options)
    train('run', resume=True, **options)
    assert (tmp_path / 'run/best_accuracy_epoch_2.pth').exists()


def test_validated_checkpoints_are_not_validated_again(train, toy, monkeypatch):
    calls = count_validations(monkeypatch, toy)
    options = dict(validate=True, save_best='accuracy', custom=HOOK)
    train('run', kill_at=3, **options)
    assert calls == []
    train('run', resume=True, epochs=1, **options)
    assert len(calls) == 1
    # the first score is always the best so far, so the checkpoint was saved again with it
    train('run', resume=True, epochs=1, **options)
    assert len(calls) == 1
