/* SPDX-License-Identifier: MIT */
/* Which picture a material names. The C API has no function that finds an embedded one. */
#include "file.h"
#include "import_scene.h"
#include "log.h"

#include <assimp/material.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "*3" is the third embedded texture; otherwise base names are compared, since writers keep the
 * path the picture once had on their machine. */
static const struct aiTexture *find_embedded(const struct aiScene *scene, const char *path) {
    if (path[0] == '*' && isdigit((unsigned char)path[1])) {
        unsigned long n = strtoul(path + 1, NULL, 10);
        return n < scene->mNumTextures ? scene->mTextures[n] : NULL;
    }
    const char *base = fmi_file_base(path);
    for (unsigned i = 0; base[0] != '\0' && i < scene->mNumTextures; i++)
        if (strcmp(fmi_file_base(scene->mTextures[i]->mFilename.data), base) == 0)
            return scene->mTextures[i];
    return NULL;
}

void fmi_texture_ref_find(fmi_texture_ref *ref, const struct aiScene *scene, uint32_t material,
                          const char *label, const fm_log *log) {
    *ref = (fmi_texture_ref){0};
    if (material >= scene->mNumMaterials)
        return;
    const struct aiMaterial *m = scene->mMaterials[material];
    enum aiTextureType types[] = {aiTextureType_DIFFUSE, aiTextureType_BASE_COLOR};
    for (int i = 0; i < 2 && ref->path.length == 0; i++)
        if (aiGetMaterialTexture(m, types[i], 0, &ref->path, NULL, NULL, NULL, NULL, NULL, NULL) !=
            aiReturn_SUCCESS)
            ref->path = (struct aiString){0};
    ref->embedded = find_embedded(scene, ref->path.data);
    if (ref->embedded == NULL)
        return;
    bool compressed = ref->embedded->mHeight == 0;
    if (compressed && ref->embedded->mWidth > 0 && ref->embedded->pcData != NULL)
        return;
    if (!compressed)
        fmi_log(log, FM_LOG_WARNING,
                "%s: texture %s is embedded as raw pixels, which is not read; embed a PNG or JPEG",
                label, ref->path.data);
    ref->embedded = NULL;
}
