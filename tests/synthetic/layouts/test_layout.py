from mmfer.corpora import CORPORA
from mmfer.synthetic.layouts import MAKERS


def test_every_corpus_with_a_layout_of_its_own_can_be_written():
    assert set(MAKERS) | {'ckplus', 'generic'} == set(CORPORA)
    for name, maker in MAKERS.items():
        assert maker.name == name and maker.counted in ('subjects', 'clips')
        layout = maker.make(0, maker.count, 4)
        paths = [path for clip in layout.clips for path in clip.files.values()]
        assert len({*paths, *layout.files}) == len(paths) + len(layout.files)
        assert all(clip.num_frames <= max(4, 6) for clip in layout.clips)
