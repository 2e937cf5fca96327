"""How closely two computations of the same number must agree, by precision.

Each is meant for ``torch.testing.assert_close(actual, expected, **FLOAT32)`` or
``numpy.testing.assert_allclose``.
"""
FLOAT64 = dict(rtol=1e-9, atol=1e-9)
"""Against an independent formula in float64: only the order of the sums differs."""
FLOAT32 = dict(rtol=1e-4, atol=1e-5)
"""Through a deep trunk in float32, where batch sizes change the order of the sums."""
BFLOAT16 = dict(rtol=5e-2, atol=5e-2)
"""Through a trunk under bfloat16 autocast, 8 bits of mantissa."""
