from mmfer.doctor.findings import Finding, healthy


def test_text():
    assert Finding('counts').lines() == ['[ok] counts']
    finding = Finding('entries', ('a', 'b', 'c'), ('d', ))
    assert finding.lines(2) == ['[XX] entries: 3', '     a', '     b',
                                '     ... and 1 more (--all names them)', '     (d)']
    assert finding.lines(None) == ['[XX] entries: 3', '     a', '     b', '     c', '     (d)']


def test_remarks_are_no_illness():
    assert healthy([Finding('x', (), ('remark', )), Finding('y')])
    assert not healthy([Finding('x'), Finding('y', ('problem', ))])
