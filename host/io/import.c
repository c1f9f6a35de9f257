/* SPDX-License-Identifier: MIT */
#include "import.h"

#include "error.h"
#include "file.h"
#include "import_guard.h"
#include "import_io.h"
#include "import_scene.h"
#include "log.h"

#include <assimp/cimport.h>
#include <assimp/config.h>
#include <errno.h>

#include <stdlib.h>
#include <string.h>

/* Only what a still mesh needs is read. The two last settings are of newer versions, which would
 * otherwise apply units and axes that fmi_file_to_world applies. Unknown ones are ignored. */
static struct aiPropertyStore *import_settings(void) {
    struct aiPropertyStore *store = aiCreatePropertyStore();
    if (store == NULL)
        return NULL;
    aiSetImportPropertyInteger(store, AI_CONFIG_IMPORT_FBX_READ_ANIMATIONS, 0);
    aiSetImportPropertyInteger(store, AI_CONFIG_IMPORT_FBX_READ_CAMERAS, 0);
    aiSetImportPropertyInteger(store, AI_CONFIG_IMPORT_FBX_READ_LIGHTS, 0);
    aiSetImportPropertyInteger(store, AI_CONFIG_IMPORT_FBX_READ_WEIGHTS, 0);
    aiSetImportPropertyInteger(store, "AI_CONFIG_IMPORT_FBX_IGNORE_UP_DIRECTION", 1);
    aiSetImportPropertyInteger(store, "AI_CONFIG_FBX_CONVERT_TO_M", 0);
    return store;
}

/* The text of a failure is Assimp's until the turn is left. */
static fm_status call_assimp(const struct aiScene **scene, fmi_import_io *io,
                             const struct aiPropertyStore *store, const char *path, fm_error *err) {
    fm_status status = FM_OK;
    fmi_import_io_take_turn(io);
    *scene = aiImportFileExWithProperties(io->path, 0, &io->io, store);
    fmi_import_io_take_turn(io);
    if (*scene == NULL)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be read: %s; export it again", path,
                          aiGetErrorString());
    fmi_import_io_leave_turn(io);
    return status;
}

static fm_status read_scene(const struct aiScene **scene, fmi_import_io *io, const char *path,
                            fm_error *err) {
    struct aiPropertyStore *store = import_settings();
    if (store == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory to import it", path);
    fm_status status = call_assimp(scene, io, store, path, err);
    aiReleasePropertyStore(store);
    if (status == FM_OK && (*scene)->mNumMeshes == 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT,
                          "%s: holds no mesh, or a damaged one; export it again", path);
    return status;
}

static fm_status import_bytes(fmi_blob **blob, fmi_import_io *io, const char *path,
                              const fm_log *log, fm_error *err) {
    const struct aiScene *scene = NULL;
    fm_status status = read_scene(&scene, io, path, err);
    if (io->refused > 0)
        fmi_log(log, FM_LOG_WARNING, "%s: names %u files outside its folder; they were not opened",
                path, io->refused);
    if (io->starved)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory to read it", path);
    if (status == FM_OK)
        status = fmi_scene_to_blob(blob, scene, path, log, err);
    if (scene != NULL)
        aiReleaseImport(scene);
    return status;
}

fm_status fmi_import(fmi_blob **blob, const char *path, const fm_log *log, fm_error *err) {
    unsigned char *data = NULL;
    size_t bytes = 0;
    fmi_import_io io = {0};
    *blob = NULL;
    fm_status status = fmi_file_read(&data, &bytes, path, err);
    if (status == FM_OK)
        status = fmi_import_guard(data, bytes, path, err);
    if (status == FM_OK && fmi_import_io_init(&io, path) != 0)
        status = errno == ENOMEM
                     ? fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory to read it", path)
                     : fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: its folder cannot be found", path);
    if (status == FM_OK) {
        size_t mark = bytes > 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        io.data = data + mark; /* Assimp would take the mark for a word */
        io.bytes = bytes - mark;
        status = import_bytes(blob, &io, path, log, err);
    }
    fmi_import_io_free(&io);
    free(data);
    return status;
}
