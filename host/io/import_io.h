/* SPDX-License-Identifier: MIT */
/**
 * @file import_io.h
 * The only files Assimp gets to see: the mesh, already in memory, and regular files below its
 * folder, read-only.
 */
#ifndef FMI_IMPORT_IO_H
#define FMI_IMPORT_IO_H

#include <assimp/cfileio.h>

#include <stdbool.h>
#include <stddef.h>

/** Zeroed = none. */
typedef struct fmi_import_io {
    struct aiFileIO io;
    char *folder;              /**< real path of the mesh's folder */
    char *path;                /**< what Assimp is told: folder + base name */
    const unsigned char *data; /**< the mesh file, borrowed */
    size_t bytes;
    unsigned refused; /**< files asked for outside the folder */
    unsigned open;    /**< files that are open now */
    bool starved;     /**< there was no memory for one */
    bool holds_turn;
} fmi_import_io;

/** Prepares for the mesh at path. Returns 0, or -1 and errno without memory or folder. Set data and
 * bytes before the import. io points into *out: do not move it. */
int fmi_import_io_init(fmi_import_io *out, const char *path);
void fmi_import_io_free(fmi_import_io *io);

/**
 * Assimp keeps the text of its last failure in one string for the whole process, and writes it at
 * the end of a failed import without a lock. So each import holds the one turn of the process while
 * none of its files is open: the write falls into such a time, reading and parsing do not. take
 * comes before the import, leave after the text of its failure was copied.
 */
void fmi_import_io_take_turn(fmi_import_io *io);
void fmi_import_io_leave_turn(fmi_import_io *io);

#endif
