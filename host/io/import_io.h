/* SPDX-License-Identifier: MIT */
/**
 * @file import_io.h
 * The only files Assimp gets to see: the mesh, already in memory, and regular files below its
 * folder, read-only.
 */
#ifndef FMI_IMPORT_IO_H
#define FMI_IMPORT_IO_H

#include <assimp/cfileio.h>

#include <stddef.h>

/** Zeroed = none. */
typedef struct fmi_import_io {
    struct aiFileIO io;
    char *folder;              /**< real path of the mesh's folder */
    char *path;                /**< what Assimp is told: folder + base name */
    const unsigned char *data; /**< the mesh file, borrowed */
    size_t bytes;
    unsigned refused; /**< files asked for outside the folder */
} fmi_import_io;

/** Prepares for the mesh at path. Returns 0, or -1 without memory or folder. Set data and bytes
 *  before the import. io points into *out: do not move it. */
int fmi_import_io_init(fmi_import_io *out, const char *path);
void fmi_import_io_free(fmi_import_io *io);

#endif
