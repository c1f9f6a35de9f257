/* SPDX-License-Identifier: MIT */
/* fmbench-llvmpipe: renders morph frames with Mesa's software rasteriser, as one process of the
 * llvmpipe peer. Not for people: fmbench starts it. One argument: the number of this process. */
#define GL_GLEXT_PROTOTYPES
#include "peers/llvmpipe_scene.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <GL/osmesa.h>

#include <GL/glext.h>

#define ANSWERS 3 /* as in child.h */
#define SHARED 4

static const char vertex_shader[] =
    "#version 120\n"
    "attribute vec3 a, b, q0, q1, q2;\n"
    "attribute vec2 uv;\n"
    "uniform float t;\n"
    "uniform mat4 to_camera, projection;\n"
    "uniform mat3 rotation;\n"
    "varying vec3 n, p;\n"
    "varying vec2 st;\n"
    "void main() {\n"
    "    float s = 1.0 - t;\n"
    "    vec4 at = to_camera * vec4(mix(a, b, t), 1.0);\n"
    "    n = normalize(rotation * (s * s * q0 + s * t * q1 + t * t * q2));\n"
    "    p = at.xyz;\n"
    "    st = uv;\n"
    "    gl_Position = projection * at;\n"
    "}\n";

/* x^64 by squaring: cheaper here than pow, and the peer gets its best form. */
static const char fragment_shader[] =
    "#version 120\n"
    "uniform float t;\n"
    "uniform sampler2D texture_a, texture_b;\n"
    "varying vec3 n, p;\n"
    "varying vec2 st;\n"
    "void main() {\n"
    "#ifdef TEXTURED\n"
    "    vec3 base = mix(texture2D(texture_a, st).rgb, texture2D(texture_b, st).rgb, t);\n"
    "#else\n"
    "    vec3 base = vec3(0.7);\n"
    "#endif\n"
    "    vec3 normal = normalize(n);\n"
    "    vec3 light = normalize(vec3(0.0, 0.0, 0.5) - p);\n"
    "    float nl = dot(normal, light);\n"
    "    float s = max(0.0, dot(2.0 * nl * normal - light, normalize(-p)));\n"
    "    s *= s; s *= s; s *= s; s *= s; s *= s; s *= s;\n"
    "    s = nl > 0.0 ? 0.05 * s : 0.0;\n"
    "    gl_FragColor = vec4((0.6 + 0.5 * max(0.0, nl)) * base + vec3(s), 1.0);\n"
    "}\n";

/* What one process holds. */
typedef struct renderer {
    fmi_llvmpipe_scene *scene;
    uint32_t number;
    OSMesaContext context;
    GLuint program, multisampled;
    GLint weight;
    uint8_t *frame;
    char reason[124];
} renderer;

static const void *part(const renderer *r, uint64_t offset) {
    return (const char *)r->scene + offset;
}

static int failed(renderer *r, const char *what) {
    (void)snprintf(r->reason, sizeof r->reason, "%s", what);
    return 0;
}

static int map_scene(renderer *r) {
    struct stat st;
    if (fstat(SHARED, &st) != 0 || (size_t)st.st_size < sizeof *r->scene)
        return failed(r, "no shared scene");
    void *all = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, SHARED, 0);
    if (all == MAP_FAILED)
        return failed(r, "the shared scene cannot be mapped");
    r->scene = all;
    if (r->scene->magic != FMI_LLVMPIPE_MAGIC || r->number >= FMI_LLVMPIPE_PROCESSES)
        return failed(r, "the shared scene is of another version");
    r->frame = (uint8_t *)all + r->scene->frame + r->number * r->scene->frame_bytes;
    return 1;
}

static int open_context(renderer *r) {
    r->context = OSMesaCreateContextExt(OSMESA_RGBA, 24, 0, 0, NULL);
    const int width = (int)r->scene->width;
    const int height = (int)r->scene->height;
    if (!r->context || !OSMesaMakeCurrent(r->context, r->frame, GL_UNSIGNED_BYTE, width, height))
        return failed(r, "Mesa made no off-screen context");
    OSMesaPixelStore(OSMESA_Y_UP, 0);
    (void)snprintf(r->scene->process[r->number].renderer,
                   sizeof r->scene->process[r->number].renderer, "%s, Mesa %s",
                   (const char *)glGetString(GL_RENDERER), (const char *)glGetString(GL_VERSION));
    return strstr((const char *)glGetString(GL_RENDERER), "llvmpipe")
               ? 1
               : failed(r, "Mesa did not choose llvmpipe");
}

static int compile(renderer *r, GLenum kind, const char *text) {
    const char *version = "#version 120\n";
    const char *define = r->scene->texture_width ? "#define TEXTURED\n" : "\n";
    const char *const pieces[3] = {version, define, text + strlen(version)};
    const GLuint shader = glCreateShader(kind);
    GLint good = 0;
    glShaderSource(shader, 3, pieces, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
    if (!good)
        glGetShaderInfoLog(shader, (GLsizei)sizeof r->reason, NULL, r->reason);
    else
        glAttachShader(r->program, shader);
    return good;
}

static int make_program(renderer *r) {
    r->program = glCreateProgram();
    if (!compile(r, GL_VERTEX_SHADER, vertex_shader) ||
        !compile(r, GL_FRAGMENT_SHADER, fragment_shader))
        return 0;
    GLint good = 0;
    glLinkProgram(r->program);
    glGetProgramiv(r->program, GL_LINK_STATUS, &good);
    if (!good)
        return failed(r, "the shaders did not link");
    glUseProgram(r->program);
    r->weight = glGetUniformLocation(r->program, "t");
    glUniformMatrix4fv(glGetUniformLocation(r->program, "projection"), 1, GL_FALSE,
                       r->scene->projection);
    glUniformMatrix4fv(glGetUniformLocation(r->program, "to_camera"), 1, GL_FALSE,
                       r->scene->to_camera);
    glUniformMatrix3fv(glGetUniformLocation(r->program, "rotation"), 1, GL_FALSE,
                       r->scene->rotation);
    glUniform1i(glGetUniformLocation(r->program, "texture_a"), 0);
    glUniform1i(glGetUniformLocation(r->program, "texture_b"), 1);
    return 1;
}

static void make_attribute(const renderer *r, const char *name, uint64_t offset, GLint width) {
    const GLint place = glGetAttribLocation(r->program, name);
    GLuint buffer = 0;
    if (place < 0)
        return; /* not read by this program */
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(sizeof(float) * (size_t)width * r->scene->vertices),
                 part(r, offset), GL_STATIC_DRAW);
    glVertexAttribPointer((GLuint)place, width, GL_FLOAT, GL_FALSE, 0, NULL);
    glEnableVertexAttribArray((GLuint)place);
}

static void make_mesh(const renderer *r) {
    const fmi_llvmpipe_scene *s = r->scene;
    GLuint buffer = 0;
    make_attribute(r, "a", s->a, 3);
    make_attribute(r, "b", s->b, 3);
    make_attribute(r, "q0", s->q0, 3);
    make_attribute(r, "q1", s->q1, 3);
    make_attribute(r, "q2", s->q2, 3);
    if (s->texture_width)
        make_attribute(r, "uv", s->uvs, 2);
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffer);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)(sizeof(uint32_t) * 3 * s->triangles),
                 part(r, s->indices), GL_STATIC_DRAW);
}

static void make_texture(const renderer *r, GLenum unit, uint64_t offset) {
    const fmi_llvmpipe_scene *s = r->scene;
    GLuint texture = 0;
    glActiveTexture(unit);
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER,
                    s->trilinear ? GL_LINEAR_MIPMAP_LINEAR : GL_LINEAR_MIPMAP_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, (GLsizei)s->texture_width, (GLsizei)s->texture_height,
                 0, GL_RGB, GL_UNSIGNED_BYTE, part(r, offset));
    glGenerateMipmap(GL_TEXTURE_2D);
}

/* Mesa's own buffer of an off-screen context has one sample: more go through a target of ours. */
static int make_target(renderer *r) {
    const GLsizei width = (GLsizei)r->scene->width;
    const GLsizei height = (GLsizei)r->scene->height;
    GLuint parts[2] = {0, 0};
    if (r->scene->samples < 2)
        return 1;
    glGenFramebuffers(1, &r->multisampled);
    glBindFramebuffer(GL_FRAMEBUFFER, r->multisampled);
    glGenRenderbuffers(2, parts);
    glBindRenderbuffer(GL_RENDERBUFFER, parts[0]);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, (GLsizei)r->scene->samples, GL_RGBA8, width,
                                     height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, parts[0]);
    glBindRenderbuffer(GL_RENDERBUFFER, parts[1]);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, (GLsizei)r->scene->samples,
                                     GL_DEPTH_COMPONENT24, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, parts[1]);
    GLint samples = 0;
    glGetIntegerv(GL_SAMPLES, &samples);
    return glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE &&
                   (uint32_t)samples == r->scene->samples
               ? 1
               : failed(r, "this Mesa has no target with that many samples");
}

static int prepare(renderer *r) {
    if (!map_scene(r) || !open_context(r) || !make_program(r))
        return 0;
    make_mesh(r);
    if (r->scene->texture_width) {
        make_texture(r, GL_TEXTURE0, r->scene->texture_a);
        make_texture(r, GL_TEXTURE1, r->scene->texture_b);
    }
    if (!make_target(r))
        return 0;
    glViewport(0, 0, (GLsizei)r->scene->width, (GLsizei)r->scene->height);
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_CULL_FACE);
    glClearColor(1.0F, 1.0F, 1.0F, 0.0F);
    return glGetError() == GL_NO_ERROR ? 1 : failed(r, "OpenGL reported an error while preparing");
}

/* One frame, read back: glFinish of an off-screen context copies it to our memory. */
static void render(const renderer *r, float t) {
    const GLint width = (GLint)r->scene->width;
    const GLint height = (GLint)r->scene->height;
    glUniform1f(r->weight, t);
    glBindFramebuffer(GL_FRAMEBUFFER, r->multisampled);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glDrawElements(GL_TRIANGLES, (GLsizei)(3 * r->scene->triangles), GL_UNSIGNED_INT, NULL);
    if (r->multisampled) {
        glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
        glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT,
                          GL_NEAREST);
        glBindFramebuffer(GL_FRAMEBUFFER, 0);
    }
    glFinish();
}

/* The background is cleared with alpha 0 and every fragment writes 1. */
static uint64_t covered(const renderer *r) {
    const size_t pixels = (size_t)r->scene->width * r->scene->height;
    uint64_t sum = 0;
    for (size_t i = 0; i < pixels; ++i)
        sum += r->frame[4 * i + 3] != 0;
    return sum;
}

static void obey(renderer *r, const fmi_llvmpipe_command *command) {
    uint64_t sum = 0;
    uint32_t i = 0;
    while ((i = atomic_fetch_add(&r->scene->next, 1)) < command->last) {
        const double last = command->total - 1.0;
        render(r, command->total < 2 ? 0.5F : (float)(1.0 - i / last));
        if (command->count)
            sum += covered(r);
    }
    if (command->count)
        r->scene->process[r->number].covered = sum;
}

static int take(void *to, size_t bytes) {
    char *at = to;
    while (bytes > 0) {
        const ssize_t got = read(STDIN_FILENO, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        at += got;
        bytes -= (size_t)got;
    }
    return 1;
}

static int answer(const renderer *r, int ok) {
    fmi_llvmpipe_answer text = {.ok = (uint32_t)ok};
    memcpy(text.reason, r->reason, sizeof text.reason);
    return write(ANSWERS, &text, sizeof text) == (ssize_t)sizeof text;
}

int main(int argc, char **argv) {
    renderer r = {.number = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0};
    fmi_llvmpipe_command command;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int ready = prepare(&r);
    if (!answer(&r, ready) || !ready)
        return 1;
    while (take(&command, sizeof command)) {
        obey(&r, &command);
        if (!answer(&r, glGetError() == GL_NO_ERROR))
            return 1;
    }
    OSMesaDestroyContext(r.context);
    return 0;
}
