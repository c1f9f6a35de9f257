/* SPDX-License-Identifier: MIT */
/**
 * @file import.h
 * Mesh files to blobs, by Assimp: OBJ, FBX, GLB, glTF, PLY, told apart by extension.
 *
 * - Corners come in the file's polygon order, material by material (sorted by name, unused ones
 *   dropped); no join, no triangulation. A mesh that several nodes use counts once for each.
 * - The whole chain of node transforms is applied in double. A mirrored node swaps the winding:
 *   the corners of its polygons are reversed, corner 0 stays first.
 * - FBX: the file's unit becomes metres and its axes become Y up, as its header says. An exporter
 *   that does not know its unit writes 1 cm there (Assimp's own does), so such a copy of a mesh in
 *   metres comes out 100 times smaller than its OBJ; the two do not make a pair. The other formats
 *   are taken as they are: glTF is metres and Y up by definition, OBJ and PLY say nothing.
 * - UVs are channel 0. When only some parts have UVs, the others get (0, 0), with a warning: the
 *   parts that carry the face keep their texture.
 * - Polygons of fewer than 3 corners (points, lines) are left out, with a warning that counts them.
 * - -0 becomes 0 in positions and UVs, so that equal ones have equal bytes.
 * - Besides the mesh itself only regular files below its folder are opened (.mtl, .bin).
 *
 * Threads: different files may be imported at once.
 */
#ifndef FMI_IMPORT_H
#define FMI_IMPORT_H

#include "blob.h"

#include <fm/log.h>

/**
 * Imports one file.
 * @param blob out, free with free()
 * @param log warnings, units and axes; may be NULL
 * @retval FM_ERROR_BAD_INPUT missing, empty, not a regular file, damaged, unknown or old format,
 *         no polygons, a coordinate that is not finite (with the number of its corner, from 0)
 * @retval FM_ERROR_LIMIT a file above 2 GiB, more than 2^28 corners
 */
fm_status fmi_import(fmi_blob **blob, const char *path, const fm_log *log, fm_error *err);

#endif
