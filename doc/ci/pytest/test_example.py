# SPDX-License-Identifier: MIT
"""Two tests of code that calls C; the second one frees a block twice."""
import ctypes

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]


def test_good():
    libc.free(libc.malloc(100))


def test_bad():
    block = libc.malloc(5000)
    libc.free(block)
    libc.free(block)


def test_after():
    libc.free(libc.malloc(100))
