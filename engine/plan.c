/* SPDX-License-Identifier: MIT */
#include "plan_bytes.h"

#include "arena.h"
#include "error.h"
#include "memory.h"

#include <fm/memory.h>
#include <fm/render.h>

/* On a CPU device each launch ends with a wait for its longest tile, so small batches lose time;
 * but memory that is used for the first time costs a frame's time again, and the pipeline behind
 * the renderer fills later. Each row is the best for jobs from so many frames on, measured as whole
 * renders (results/batch-choice.md). Larger ones gain 1 to 3 % for 7 MB a frame. Large pictures
 * have tiles enough, so there the pixels of a batch set the limit. A GPU wants enough tiles in
 * flight to fill it. */
static const struct { uint32_t job, batch; } tuned_cpu[] = {{100, 24}, {0, 16}};
#define TUNED_BATCH_GPU 64
#define TUNED_PIXELS_CPU (UINT64_C(64) << 20) /* bytes */
#define LEAST_SPLIT 8 /* frames of a batch that a job of one batch is split into for overlap */
#define CPU_TILE 64
#define CPU_TILE_SAMPLED 16 /* with 4 samples: what a tile holds should stay in the L1 cache */
#define GPU_TILE 32
#define GPU_LEAST_TILE 16
#define GPU_SAMPLE_BYTES 8
#define GPU_LOCAL_SPARE 64 /* local memory beside the pixels */
#define GPU_GROUP 256
#define GPU_SMALL 64 /* FMK_SMALL_PIXELS of raster_gpu_bin.cl */
#define CHUNK_TRIANGLES 4096
#define MAX_CHUNKS 16

static const char *const level_names[] = {"medium", "low", "high", "extreme"};
static const char *const limit_names[] = {"frames",   "memory", "single_buffer",
                                          "watchdog", "tuned",  "user"};

const char *fm_level_name(fm_level level) {
    return (unsigned)level < 4 ? level_names[level] : "unknown";
}

const char *fm_limit_name(fm_limit limit) {
    return (unsigned)limit < 6 ? limit_names[limit] : "unknown";
}

const char *fm_specialisation_name(fm_specialisation specialisation) {
    return specialisation == FM_SPECIALISATION_CPU   ? "cpu"
           : specialisation == FM_SPECIALISATION_GPU ? "gpu"
                                                     : "auto";
}

static uint64_t align_up(uint64_t value, uint64_t to) {
    return (value + to - 1) / to * to;
}

uint64_t fmi_plan_align(const fm_caps *caps) {
    return caps->base_align_bytes ? caps->base_align_bytes : 128;
}

uint32_t fmi_padded_vertices(uint32_t vertices) {
    return (uint32_t)align_up(vertices, 16);
}

static uint32_t samples_of(const fm_problem *problem) {
    return problem->samples ? problem->samples : 1;
}

void fmi_plan_parts(const fm_problem *problem, const fm_plan *plan, uint32_t frames,
                    fmi_plan_bytes *bytes) {
    uint64_t padded = fmi_padded_vertices(problem->vertices);
    uint64_t tiles = (uint64_t)plan->tiles_x * plan->tiles_y;
    uint64_t n = frames;
    bool gpu = plan->specialisation == FM_SPECIALISATION_GPU;
    uint64_t chunks = gpu ? 1 : plan->chunks;
    *bytes = (fmi_plan_bytes){0};
    bytes->part[FMI_PART_XYW] = n * padded * 16;
    bytes->part[FMI_PART_ATTR] = n * padded * 32;
    bytes->part[FMI_PART_KEPT] = n * problem->triangles * (gpu ? 64 : 128);
    bytes->part[FMI_PART_COUNTS] = n * chunks * tiles * 4;
    bytes->part[FMI_PART_STARTS] = n * (tiles + 1) * 4;
    bytes->part[FMI_PART_LIST] = n * plan->list_per_frame * 4;
    bytes->part[FMI_PART_FRAME_COUNTS] = n * sizeof(fm_frame_counts);
    if (!gpu) {
        bytes->part[FMI_PART_KEPT_TILE] = n * problem->triangles * 4;
        bytes->part[FMI_PART_KEPT_COUNT] = n * chunks * 4;
        bytes->part[FMI_PART_REJECTED] = n * chunks * 4;
    } else {
        bytes->part[FMI_PART_ENDS] = n * tiles * 8;
        bytes->part[FMI_PART_LONGEST] = n * 4;
        if (plan->slice != 0)
            bytes->part[FMI_PART_VISIBLE] =
                n * tiles * plan->tile * plan->tile * samples_of(problem) * GPU_SAMPLE_BYTES;
    }
    if (problem->targets != 0) {
        bytes->part[FMI_PART_SHAPES] = n * padded * FMI_SHAPE_ROWS * 4;
        if (!gpu)
            bytes->part[FMI_PART_LANES] = align_up(n, FMI_BLEND_LANES) * padded * 12;
    }
    uint64_t rows = problem->height, sum = FM_SUM_BYTES;
    if (plan->strips > 1 && (uint64_t)plan->tiles_y * plan->tile < rows)
        rows = (uint64_t)plan->tiles_y * plan->tile;
    bytes->pixels = n * problem->width * rows * problem->channels;
    if (problem->check)
        bytes->part[FMI_PART_SUMS] = 4 * ((bytes->pixels + sum - 1) / sum +
                                          (bytes->part[FMI_PART_FRAME_COUNTS] + sum - 1) / sum);
}

bool fmi_part_comes_out(int part) {
    return part == FMI_PART_FRAME_COUNTS || part == FMI_PART_SUMS;
}

uint64_t fmi_plan_arena(const fmi_plan_bytes *bytes, uint32_t in_flight, uint64_t align) {
    uint64_t total = 0;
    for (int i = 0; i < FMI_PARTS; ++i)
        for (uint32_t k = 0; k < (fmi_part_comes_out(i) ? in_flight : 1); ++k)
            fmi_arena_add(&total, align, bytes->part[i]);
    return total;
}

uint64_t fmi_plan_blend(const fm_problem *problem) {
    if (problem->targets == 0)
        return 0;
    uint64_t padded = fmi_padded_vertices(problem->vertices);
    uint64_t rows = (uint64_t)problem->targets + 1;
    return rows * align_up(3 * padded, 32) * 4 + rows * (align_up(problem->frames, 8) + 8) * 4 +
           padded * 8 + (uint64_t)problem->triangles * 24;
}

uint64_t fmi_geometry_bytes(uint32_t padded, bool half) {
    uint64_t values = (uint64_t)FMI_GEOMETRY_ROWS * padded;
    return half ? values * 2 + UINT64_C(6) * (padded / 8) * 4 : values * 4;
}

uint64_t fmi_plan_fixed(const fm_problem *problem, uint64_t texel_bytes) {
    uint64_t padded = fmi_padded_vertices(problem->vertices);
    uint64_t vertices = problem->targets == 0 ? fmi_geometry_bytes((uint32_t)padded, problem->half)
                                              : FMI_BLEND_ROWS * padded * 4;
    return vertices + fmi_plan_blend(problem) + align_up(problem->triangles, 8) * 16 + texel_bytes +
           (uint64_t)problem->frames * 4 + sizeof(fm_scene);
}

/* Texels of all levels with their extra column and row, as engine/pair_texture.h lays them out. */
static uint64_t texel_bytes(uint64_t width, uint64_t height) {
    uint64_t bytes = 0;
    while (width != 0) {
        bytes += (width + 1) * (height + 1) * FM_TEXEL_BYTES;
        if (width == 1 && height == 1)
            break;
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
    return bytes;
}

static fm_status check_problem(const fm_problem *p, fm_error *err) {
    if (p->frames == 0 || p->vertices == 0 || p->triangles == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "nothing to plan: %u frames, %u vertices, %u triangles", p->frames,
                        p->vertices, p->triangles);
    if (p->width == 0 || p->height == 0 || p->width > FM_MAX_SIZE || p->height > FM_MAX_SIZE)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "size %ux%u is outside 1 to %d", p->width,
                        p->height, FM_MAX_SIZE);
    if (p->channels != 3 && p->channels != 4)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%u channels; 3 or 4 are possible",
                        p->channels);
    return FM_OK;
}

/* The device's tuning, where it was made with this form of the kernels; else one without numbers.
 */
static fm_tuning tuning_of(const fm_caps *caps, fm_specialisation specialisation) {
    return caps->tuned.specialisation == specialisation ? caps->tuned : (fm_tuning){0};
}

static uint32_t cpu_tile(const fm_caps *caps, uint32_t asked, uint32_t samples) {
    fm_tuning t = tuning_of(caps, FM_SPECIALISATION_CPU);
    uint32_t tuned = samples != 1 ? t.sampled_tile : t.tile;
    if (asked)
        return asked;
    return tuned ? tuned : samples != 1 ? CPU_TILE_SAMPLED : CPU_TILE;
}

/* Tile edge: what was asked for, as far as 8 bytes a sample fit the local memory. By default half
 * of that memory at most, so that two groups share a compute unit. */
static uint32_t gpu_tile(const fm_caps *caps, const fm_problem *problem) {
    uint64_t local = caps->local_bytes > GPU_LOCAL_SPARE ? caps->local_bytes - GPU_LOCAL_SPARE : 0;
    fm_tuning t = tuning_of(caps, FM_SPECIALISATION_GPU);
    uint32_t tuned = samples_of(problem) == 1 ? t.tile : t.sampled_tile;
    uint32_t tile = problem->tile ? problem->tile : tuned ? tuned : GPU_TILE;
    uint64_t most = problem->tile ? local : local / 2;
    uint64_t pixel = samples_of(problem) * GPU_SAMPLE_BYTES;
    while (tile > GPU_LEAST_TILE && tile * tile * pixel > most)
        tile -= GPU_LEAST_TILE;
    return tile;
}

/* Work-items in a group: a power of two up to GPU_GROUP that the device allows. */
static uint32_t gpu_group(const fm_caps *caps, uint32_t asked) {
    uint32_t tuned = tuning_of(caps, FM_SPECIALISATION_GPU).group;
    uint32_t most = asked ? asked : tuned ? tuned : GPU_GROUP, group = 1;
    if (caps->max_group_size && caps->max_group_size < most)
        most = caps->max_group_size;
    while (group * 2 <= most)
        group *= 2;
    return group;
}

/* Triangles per launch and tile, so that no work-item of raster_gpu.cl runs more than
 * caps->max_loop iterations: at most 8 loops over its share of the tile's samples, and two passes,
 * each over its share of the small triangles (GPU_SMALL pixels and one for the loop around them)
 * and over all the large ones, once per sample. 0: no limit. */
static uint32_t gpu_slice(const fm_caps *caps, const fm_plan *plan, uint32_t samples) {
    if (caps->max_loop == 0)
        return 0;
    uint64_t share = ((uint64_t)plan->tile * plan->tile + plan->group - 1) / plan->group;
    uint64_t small = GPU_SMALL + 1;
    uint64_t spent = 8 * share * samples + 2 * small + 6;
    uint64_t per_triangle =
        2 * samples * (1 + share) + 2 * ((samples * small + plan->group - 1) / plan->group);
    uint64_t left = caps->max_loop > spent ? caps->max_loop - spent : 0;
    return left > per_triangle ? (uint32_t)(left / per_triangle) : 1;
}

static void plan_list(const fm_problem *problem, fm_plan *plan) {
    uint64_t list = 2 * (uint64_t)problem->triangles + 4 * (uint64_t)plan->tiles_x * plan->tiles_y;
    plan->list_per_frame = problem->list_per_frame
                               ? problem->list_per_frame
                               : (uint32_t)(list < UINT32_MAX ? list : UINT32_MAX);
}

static uint32_t tile_rows(const fm_problem *problem, const fm_plan *plan) {
    return (problem->height + plan->tile - 1) / plan->tile;
}

/* Cuts the picture into strips of so many rows of tiles. */
static void cut(const fm_problem *problem, uint32_t rows, fm_plan *plan) {
    uint32_t all = tile_rows(problem, plan);
    plan->tiles_y = rows;
    plan->strips = (all + rows - 1) / rows;
    plan_list(problem, plan);
}

static void plan_geometry(const fm_caps *caps, const fm_problem *problem, fm_plan *plan) {
    plan->specialisation = problem->specialisation != FM_SPECIALISATION_AUTO
                               ? problem->specialisation
                               : caps->preferred;
    bool cpu = plan->specialisation == FM_SPECIALISATION_CPU;
    uint32_t samples = samples_of(problem);
    plan->tile = cpu ? cpu_tile(caps, problem->tile, samples) : gpu_tile(caps, problem);
    plan->group = cpu ? 1 : gpu_group(caps, problem->group);
    plan->slice = cpu ? 0 : gpu_slice(caps, plan, samples);
    plan->tiles_x = (problem->width + plan->tile - 1) / plan->tile;
    plan->tiles_y = (problem->height + plan->tile - 1) / plan->tile;
    plan->chunks = (problem->triangles + CHUNK_TRIANGLES - 1) / CHUNK_TRIANGLES;
    if (plan->chunks > MAX_CHUNKS)
        plan->chunks = MAX_CHUNKS;
    plan->strips = 1;
    plan_list(problem, plan);
}

/* What the caller found free, else what the device's total lets one assume. */
static fm_status budget(const fm_caps *caps, fm_level level, const fm_problem *problem,
                        uint64_t *bytes, fm_error *err) {
    fm_memory memory = {0};
    fm_status status = fm_memory_budget(caps, level, problem->mem_limit_bytes, &memory, err);
    *bytes = memory.budget_bytes;
    if (problem->budget_bytes)
        *bytes = problem->budget_bytes;
    if (problem->mem_limit_bytes && problem->mem_limit_bytes < *bytes)
        *bytes = problem->mem_limit_bytes;
    return status;
}

/* Bytes of all batches in flight, arena alignment included. */
static uint64_t batch_bytes(const fm_problem *problem, const fm_plan *plan, uint32_t frames,
                            uint64_t align, uint64_t *largest) {
    fmi_plan_bytes bytes;
    fmi_plan_parts(problem, plan, frames, &bytes);
    uint64_t arena = fmi_plan_arena(&bytes, plan->in_flight, align);
    *largest = arena > bytes.pixels ? arena : bytes.pixels;
    return arena + plan->in_flight * bytes.pixels;
}

/* Largest batch up to `most` whose bytes pass both limits; 0 when not even one frame does. */
static uint32_t largest_batch(const fm_caps *caps, const fm_problem *problem, const fm_plan *plan,
                              uint32_t most, fm_limit *limit) {
    uint64_t align = fmi_plan_align(caps);
    uint32_t low = 0, high = most;
    *limit = FM_LIMIT_FRAMES;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        uint64_t largest = 0;
        uint64_t bytes = plan->bytes_fixed + batch_bytes(problem, plan, middle, align, &largest);
        bool single = caps->max_alloc_bytes == 0 || largest <= caps->max_alloc_bytes;
        if (bytes <= plan->budget_bytes && single) {
            low = middle;
        } else {
            high = middle - 1;
            *limit = single ? FM_LIMIT_MEMORY : FM_LIMIT_SINGLE_BUFFER;
        }
    }
    return low;
}

static bool one_frame_fits(const fm_caps *caps, const fm_problem *problem, const fm_plan *plan) {
    fm_limit limit;
    return largest_batch(caps, problem, plan, 1, &limit) == 1;
}

/* A frame that does not fit as a whole, or was asked for in strips: strips as high as fit. Leaves
 * the batch at 0 when not even one row of tiles fits. */
static void plan_strips(const fm_caps *caps, const fm_problem *problem, fm_plan *plan) {
    plan->in_flight = 1;
    uint32_t all = tile_rows(problem, plan), low = 0;
    uint32_t asked = problem->strips > 1 ? problem->strips : 1;
    uint32_t most = (all + asked - 1) / asked, high = most;
    while (low < high) {
        uint32_t middle = high - (high - low) / 2;
        cut(problem, middle, plan);
        if (one_frame_fits(caps, problem, plan))
            low = middle;
        else
            high = middle - 1;
    }
    cut(problem, low != 0 ? low : 1, plan);
    plan->batch = low != 0 ? 1 : 0;
    if (low == most && asked > 1)
        plan->limited_by = FM_LIMIT_USER;
}

static uint32_t in_flight_of(fm_level level, const fm_problem *problem) {
    uint32_t most = level == FM_LEVEL_HIGH ? 2 : level == FM_LEVEL_EXTREME ? 3 : 1;
    return problem->in_flight != 0 && problem->in_flight < most ? problem->in_flight : most;
}

/* A job that would be one batch has nothing to overlap: it becomes as many as may be in flight,
 * unless the caller wants its batch or they would be too small to be worth a launch. */
static uint32_t split(const fm_problem *problem, const fm_plan *plan, uint32_t most) {
    uint32_t piece = (problem->frames + plan->in_flight - 1) / plan->in_flight;
    bool one = most == problem->frames && problem->batch == 0 && piece >= LEAST_SPLIT;
    return one ? piece : most;
}

/* The largest batch up to `most`, with as many in flight as that leaves work and room for. */
static void plan_batches(const fm_caps *caps, const fm_problem *problem, uint32_t most,
                         fm_plan *plan) {
    for (;; --plan->in_flight) {
        plan->batch = largest_batch(caps, problem, plan, most, &plan->limited_by);
        uint32_t enough = plan->batch * (plan->in_flight - 1);
        if (plan->in_flight == 1 || (plan->batch != 0 && problem->frames > enough))
            return;
    }
}

/* The batch that nobody asked for. */
static uint32_t tuned_batch(const fm_caps *caps, fm_level level, const fm_problem *problem,
                            const fm_plan *plan) {
    bool cpu = plan->specialisation == FM_SPECIALISATION_CPU;
    uint32_t batch = tuning_of(caps, plan->specialisation).batch[level];
    uint32_t row = 0;
    while (problem->frames < tuned_cpu[row].job)
        ++row;
    if (batch == 0)
        batch = cpu ? tuned_cpu[row].batch : TUNED_BATCH_GPU;
    if (!cpu)
        return batch;
    uint64_t frame = (uint64_t)problem->width * problem->height * problem->channels;
    uint64_t frames = TUNED_PIXELS_CPU / frame;
    return frames > batch ? batch : frames > 1 ? (uint32_t)frames : 1;
}

bool fmi_plan_sends_ahead(const fm_caps *caps, fm_level level) {
    return (level == FM_LEVEL_HIGH || level == FM_LEVEL_EXTREME) && !fmi_memory_is_host(caps);
}

/* The inputs of the next pair beside the frames, where that costs them nothing. */
static void plan_ahead(const fm_caps *caps, fm_level level, const fm_problem *problem,
                       uint64_t frames_bytes, fm_plan *plan) {
    uint64_t taken = plan->bytes_fixed + frames_bytes;
    uint64_t left = plan->budget_bytes > taken ? plan->budget_bytes - taken : 0;
    if (!fmi_plan_sends_ahead(caps, level) || plan->strips > 1 || problem->ahead_bytes > left)
        return;
    plan->bytes_ahead = problem->ahead_bytes;
    plan->bytes_fixed += problem->ahead_bytes;
}

/* Which of the two limits it was, and what moves it. */
static fm_status fail_fit(const fm_caps *caps, const fm_plan *plan, uint64_t bytes,
                          uint64_t largest, fm_error *err) {
    const char *cpu = caps->type == FM_DEVICE_GPU ? " or --device cpu" : "";
    if (plan->budget_bytes >= bytes)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "one row of tiles of a frame needs a buffer of %llu bytes, and the "
                        "largest one that the device gives has %llu; use a smaller --size%s",
                        (unsigned long long)largest, (unsigned long long)caps->max_alloc_bytes,
                        cpu);
    return fmi_fail(err, FM_ERROR_LIMIT,
                    "one row of tiles of a frame needs %llu bytes with its meshes and textures, "
                    "and the memory budget is %llu (fmorph mem tells why); use a smaller --size "
                    "or textures, a larger --mem-limit%s%s",
                    (unsigned long long)bytes, (unsigned long long)plan->budget_bytes,
                    caps->keep_free_bytes != 0 ? ", a smaller --keep-free" : "", cpu);
}

fm_status fm_plan_render(const fm_caps *caps, fm_level level, const fm_problem *problem,
                         fm_plan *plan, fm_error *err) {
    if (!caps || !problem || !plan || (unsigned)level > FM_LEVEL_EXTREME)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_plan_render: a NULL or a bad level");
    *plan = (fm_plan){0};
    fm_status status = check_problem(problem, err);
    if (status != FM_OK)
        return status;
    plan_geometry(caps, problem, plan);
    plan->bytes_fixed =
        fmi_plan_fixed(problem, texel_bytes(problem->texture_width, problem->texture_height));
    status = budget(caps, level, problem, &plan->budget_bytes, err);
    if (status != FM_OK)
        return status;

    uint32_t wanted = problem->batch ? problem->batch : tuned_batch(caps, level, problem, plan);
    plan->in_flight = in_flight_of(level, problem);
    uint32_t most = split(problem, plan, wanted < problem->frames ? wanted : problem->frames);
    plan_batches(caps, problem, most, plan);
    if (plan->batch == most)
        plan->limited_by = most == problem->frames ? FM_LIMIT_FRAMES
                           : problem->batch        ? FM_LIMIT_USER
                                                   : FM_LIMIT_TUNED;
    if (plan->batch == 0 || problem->strips > 1)
        plan_strips(caps, problem, plan);
    if (plan->strips > 1)
        plan->bytes_fixed += plan->strips * sizeof(fm_scene);
    uint64_t align = fmi_plan_align(caps);
    uint64_t largest = 0;
    uint64_t one = batch_bytes(problem, plan, 1, align, &largest);
    if (plan->batch == 0)
        return fail_fit(caps, plan, plan->bytes_fixed + one, largest, err);
    uint64_t frames_bytes = batch_bytes(problem, plan, plan->batch, align, &largest);
    plan->bytes_per_frame = (frames_bytes + plan->batch - 1) / plan->batch;
    plan_ahead(caps, level, problem, frames_bytes, plan);
    return FM_OK;
}
