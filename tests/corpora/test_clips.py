from mmfer.corpora.clips import Clips
from mmfer.corpora.source import Source


def test_each_clip_becomes_a_row_once(tmp_path, put):
    for path in ('media/a/1.png', 'media/b/1.png', 'media/b/2.png'):
        put(tmp_path / path)
    source = Source(tmp_path)
    clips = Clips(source, source.media('media'))
    clips.add('one', 'a', label=2, subject='x')
    clips.add('one', 'b', label=0)
    clips.add('two', 'b')
    clips.add('none', 'c')
    assert [(row['clip'], row['frames'], row['num_frames']) for row in clips.rows] == [
        ('one', 'media/a', 1), ('two', 'media/b', 2)]
    assert (clips.rows[0]['label'], clips.rows[0]['subject']) == (2, 'x')
    assert source.report.problems[0] == ('media/b', "is clip 'one', as a is already; left out")
    assert source.report.problems[1][0] == 'media/c'
    assert len(source.report.problems) == 2
