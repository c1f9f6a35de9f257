# SPDX-License-Identifier: MIT
# The library from Python, by ctypes alone: python3 render.py libfmio.so A.fbx B.fbx >middle.ppm
import ctypes, sys

io, error = ctypes.CDLL(sys.argv[1]), ctypes.create_string_buffer(8192)  # libfmio brings libfm along
engine, pair, half = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_float(0.5)
by, path = ctypes.byref, [name.encode() for name in sys.argv[2:4]]

@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint64 * 5), ctypes.c_void_p)
def sink(user, frame, err):  # fm_frame: index, t, width, height, channels, row_bytes, pixels
    return sys.stdout.buffer.write(b"P6 512 512 255\n" + ctypes.string_at(frame[0][4], 512 * 512 * 3)) * 0

failed = (io.fm_engine_create(by(engine), None, error) or io.fm_pair_load(by(pair), engine, *path, None, error)
          or io.fm_render(pair, by(half), 1, None, sink, None, None, error))
io.fm_pair_destroy(by(pair)), io.fm_engine_destroy(by(engine))
sys.exit(error.raw[12:].split(b"\0")[0].decode() if failed else 0)
