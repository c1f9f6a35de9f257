# SPDX-License-Identifier: MIT
# The library from Python, with ctypes alone: python3 render.py /path/to/libfm.so > middle.ppm
import ctypes as c, sys

fm, u32, error = c.CDLL(sys.argv[1]), c.c_uint32, c.create_string_buffer(8192)
Mesh = type("Mesh", (c.Structure,), {"_fields_": [  # as in fm/mesh.h
    ("positions", c.c_void_p), ("uvs", c.c_void_p), ("polygon_sizes", c.c_void_p), ("runs", c.c_void_p),
    ("corner_count", u32), ("polygon_count", u32), ("run_count", u32), ("label", c.c_char_p)]})
Frame = type("Frame", (c.Structure,), {"_fields_": [  # the beginning of fm_frame, fm/render.h
    ("index", u32), ("t", c.c_float), ("width", u32), ("height", u32), ("channels", u32),
    ("row_bytes", c.c_size_t), ("pixels", c.c_void_p)]})

@c.CFUNCTYPE(c.c_int, c.c_void_p, c.POINTER(Frame), c.c_void_p)
def sink(user, frame, err):
    f = frame.contents
    sys.stdout.buffer.write(b"P6\n%d %d\n255\n" % (f.width, f.height) + c.string_at(f.pixels, f.row_bytes * f.height))
    return 0

def pyramid(x, y, z):  # four triangles by their corners
    corners = [-1, -1, 0, 1, -1, 0, x, y, z, 1, -1, 0, 1, 1, 0, x, y, z, 1, 1, 0, -1, 1, 0, x, y, z, -1, 1, 0, -1, -1, 0, x, y, z]
    keep.extend([(c.c_float * 36)(*corners), (u32 * 4)(3, 3, 3, 3)])
    return Mesh(c.addressof(keep[-2]), None, c.addressof(keep[-1]), None, 12, 4, 0, None)

keep, engine, pair, half = [], c.c_void_p(), c.c_void_p(), (c.c_float * 1)(0.5)
a, b = pyramid(0, 0, 0.3), pyramid(0.3, -0.2, 1)
failed = (fm.fm_engine_create(c.byref(engine), None, error)
          or fm.fm_pair_create(c.byref(pair), engine, c.byref(a), c.byref(b), None, error)
          or fm.fm_render(pair, half, 1, None, sink, None, None, error))
fm.fm_pair_destroy(c.byref(pair)), fm.fm_engine_destroy(c.byref(engine))
sys.exit(error.raw[12:].split(b"\0")[0].decode() if failed else 0)
